resource "azurerm_container_registry" "main" {
  #checkov:skip=CKV_AZURE_139:pipelines push from outside; pulling and pushing need an identity
  #checkov:skip=CKV_AZURE_163:scanning is Defender for Cloud's, bought for a subscription
  #checkov:skip=CKV_AZURE_164:images are signed with cosign instead
  #checkov:skip=CKV_AZURE_165:one region, the cluster's
  #checkov:skip=CKV_AZURE_166:quarantine needs a scanner that lifts it
  #checkov:skip=CKV_AZURE_167:untagged images go by the retention policy, which needs Premium
  #checkov:skip=CKV_AZURE_233:zones need Premium; a node keeps the images that it runs
  #checkov:skip=CKV_AZURE_237:data endpoints need Premium
  name                   = local.unique
  resource_group_name    = local.group
  location               = local.region
  sku                    = "Standard"
  admin_enabled          = false
  anonymous_pull_enabled = false
}

resource "azurerm_role_assignment" "pull" {
  scope                = azurerm_container_registry.main.id
  role_definition_name = "AcrPull"
  principal_id         = azurerm_kubernetes_cluster.main.kubelet_identity[0].object_id
}
