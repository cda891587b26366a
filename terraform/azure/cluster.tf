resource "azurerm_user_assigned_identity" "cluster" {
  name                = "${var.name}-cluster"
  resource_group_name = local.group
  location            = local.region
}

resource "azurerm_role_assignment" "cluster_network" {
  scope                = azurerm_virtual_network.main.id
  role_definition_name = "Network Contributor"
  principal_id         = azurerm_user_assigned_identity.cluster.principal_id
}

resource "azurerm_log_analytics_workspace" "main" {
  name                = var.name
  resource_group_name = local.group
  location            = local.region
  retention_in_days   = 90
}

resource "azurerm_kubernetes_cluster" "main" {
  #checkov:skip=CKV_AZURE_227:needs a subscription that has the feature; disks are encrypted at rest all the same
  #checkov:skip=CKV_AZURE_117:disks are encrypted with keys of Azure's own; no data that must last is on them but the broker's
  #checkov:skip=CKV_AZURE_226:not every size has a cache disk large enough for an ephemeral system disk
  #checkov:skip=CKV_AZURE_232:one pool for all, so that the smallest cluster is three nodes and not six
  #checkov:skip=CKV_AZURE_115:private unless admin_cidrs names who may call
  #checkov:skip=CKV_AZURE_6:the ranges are admin_cidrs, or the cluster is private
  name                      = var.name
  resource_group_name       = local.group
  location                  = local.region
  dns_prefix                = var.name
  sku_tier                  = "Standard"
  automatic_upgrade_channel = "stable"
  node_os_upgrade_channel   = "NodeImage"
  private_cluster_enabled   = length(var.admin_cidrs) == 0
  local_account_disabled    = true
  oidc_issuer_enabled       = true
  workload_identity_enabled = true
  azure_policy_enabled      = true
  run_command_enabled       = false

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.cluster.id]
  }
  azure_active_directory_role_based_access_control {
    azure_rbac_enabled     = false
    admin_group_object_ids = var.admin_groups
  }
  dynamic "api_server_access_profile" {
    for_each = length(var.admin_cidrs) > 0 ? [var.admin_cidrs] : []
    content {
      authorized_ip_ranges = api_server_access_profile.value
    }
  }
  default_node_pool {
    name                 = "main"
    vm_size              = var.nodes.size
    auto_scaling_enabled = true
    min_count            = var.nodes.min
    max_count            = var.nodes.max
    max_pods             = 60
    zones                = ["1", "2", "3"]
    vnet_subnet_id       = azurerm_subnet.nodes.id
    upgrade_settings {
      max_surge = "33%"
    }
  }
  # Cilium enforces NetworkPolicies.
  network_profile {
    network_plugin      = "azure"
    network_plugin_mode = "overlay"
    network_data_plane  = "cilium"
    network_policy      = "cilium"
    outbound_type       = "userAssignedNATGateway"
    pod_cidr            = "10.244.0.0/16"
    service_cidr        = "10.245.0.0/16"
    dns_service_ip      = "10.245.0.10"
  }
  key_vault_secrets_provider {
    secret_rotation_enabled = true
  }
  oms_agent {
    log_analytics_workspace_id      = azurerm_log_analytics_workspace.main.id
    msi_auth_for_monitoring_enabled = true
  }
  depends_on = [azurerm_role_assignment.cluster_network, azurerm_subnet_nat_gateway_association.nodes]
}
