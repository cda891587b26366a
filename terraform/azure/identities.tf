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

# The API keeps exports in the container: it may make and delete what has an export's name.
resource "azurerm_role_assignment" "api_exports" {
  scope                = azurerm_storage_container.raw.id
  role_definition_name = "Storage Blob Data Contributor"
  principal_id         = azurerm_user_assigned_identity.service["api"].principal_id
  condition_version    = "2.0"
  condition            = <<-EOT
    (
      (
        !(ActionMatches{'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write'})
        AND !(ActionMatches{'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/add/action'})
        AND !(ActionMatches{'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/delete'})
      )
      OR
      (
        @Resource[Microsoft.Storage/storageAccounts/blobServices/containers/blobs:path] StringLike '*/export-*'
      )
    )
  EOT
}

resource "azurerm_role_assignment" "vault" {
  scope                = azurerm_key_vault.main.id
  role_definition_name = "Key Vault Secrets User"
  principal_id         = azurerm_user_assigned_identity.service["secrets"].principal_id
}
