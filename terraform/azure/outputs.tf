# The data of k8s/overlays/aks/cluster.yaml; `make k8s-render CLOUD=azure` writes it there.
output "cluster" {
  description = "What the overlay needs to know; nothing secret."
  value = {
    registry        = azurerm_container_registry.main.login_server
    archive         = "az://${azurerm_storage_container.raw.name}/raw?account=${azurerm_storage_account.raw.name}"
    databaseCidr    = azurerm_subnet.database.address_prefixes[0]
    objectStoreCidr = azurerm_subnet.endpoints.address_prefixes[0]
    vault           = azurerm_key_vault.main.vault_uri
    workerClient    = azurerm_user_assigned_identity.service["worker"].client_id
    parserClient    = azurerm_user_assigned_identity.service["parser"].client_id
    apiClient       = azurerm_user_assigned_identity.service["api"].client_id
    secretsClient   = azurerm_user_assigned_identity.service["secrets"].client_id
  }
}

output "kubeconfig" {
  description = "The command that gives kubectl its way to the cluster."
  value       = "az aks get-credentials --resource-group ${local.group} --name ${azurerm_kubernetes_cluster.main.name}"
}
