# What each service may do, bound to its Kubernetes service account (Entra Workload ID). Blob Storage has no role that only writes:
# a worker may change blobs, parsers and API may read them.
locals {
  accounts = {
    worker  = "worker"
    parser  = "parser"
    api     = "api"
    secrets = "secrets-reader"
  }
}

resource "azurerm_user_assigned_identity" "service" {
  for_each            = local.accounts
  name                = "${var.name}-${each.key}"
  resource_group_name = local.group
  location            = local.region
}

resource "azurerm_federated_identity_credential" "service" {
  for_each            = local.accounts
  name                = each.value
  resource_group_name = local.group
  parent_id           = azurerm_user_assigned_identity.service[each.key].id
  issuer              = azurerm_kubernetes_cluster.main.oidc_issuer_url
  audience            = ["api://AzureADTokenExchange"]
  subject             = "system:serviceaccount:harvestman:${each.value}"
}

resource "azurerm_role_assignment" "blob" {
  for_each = {
    worker = "Storage Blob Data Contributor"
    parser = "Storage Blob Data Reader"
    api    = "Storage Blob Data Reader"
  }
  scope                = azurerm_storage_container.raw.id
  role_definition_name = each.value
  principal_id         = azurerm_user_assigned_identity.service[each.key].principal_id
}

resource "azurerm_role_assignment" "vault" {
  scope                = azurerm_key_vault.main.id
  role_definition_name = "Key Vault Secrets User"
  principal_id         = azurerm_user_assigned_identity.service["secrets"].principal_id
}
