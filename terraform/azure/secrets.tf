# One secret for each service. The broker's is made by its operator.
module "secrets" {
  source        = "../secrets"
  database_host = azurerm_postgresql_flexible_server.main.fqdn
}

resource "azurerm_key_vault" "main" {
  name                       = local.unique
  resource_group_name        = local.group
  location                   = local.region
  tenant_id                  = data.azurerm_client_config.me.tenant_id
  sku_name                   = "standard"
  rbac_authorization_enabled = true
  purge_protection_enabled   = true
  soft_delete_retention_days = 90
  #checkov:skip=CKV_AZURE_189:Terraform writes the secrets from admin_cidrs; everybody else is denied
  public_network_access_enabled = length(var.admin_cidrs) > 0
  network_acls {
    default_action = "Deny"
    bypass         = "AzureServices"
    ip_rules       = var.admin_cidrs
  }
}

resource "azurerm_role_assignment" "vault_writer" {
  scope                = azurerm_key_vault.main.id
  role_definition_name = "Key Vault Secrets Officer"
  principal_id         = data.azurerm_client_config.me.object_id
}

resource "azurerm_private_endpoint" "vault" {
  name                = "${var.name}-vault"
  resource_group_name = local.group
  location            = local.region
  subnet_id           = azurerm_subnet.endpoints.id
  private_service_connection {
    name                           = "vault"
    private_connection_resource_id = azurerm_key_vault.main.id
    subresource_names              = ["vault"]
    is_manual_connection           = false
  }
  private_dns_zone_group {
    name                 = "vault"
    private_dns_zone_ids = [azurerm_private_dns_zone.private["vault"].id]
  }
}

resource "azurerm_key_vault_secret" "service" {
  #checkov:skip=CKV_AZURE_41:rotation is `terraform apply -replace` of the password; a secret that expires stops the fleet
  for_each     = toset(["dispatcher", "parser", "api", "migrate", "database-roles"])
  name         = "${var.name}-${each.value}"
  key_vault_id = azurerm_key_vault.main.id
  content_type = "application/json"
  value        = jsonencode(module.secrets.services[each.value])
  depends_on   = [azurerm_role_assignment.vault_writer]
}
