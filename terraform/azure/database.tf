resource "azurerm_postgresql_flexible_server" "main" {
  #checkov:skip=CKV_AZURE_136:a backup in a second region is a choice of the operator; the schedule keeps 14 days here
  #checkov:skip=CKV2_AZURE_57:delegated subnet: the server has a private address only
  name                          = local.unique
  resource_group_name           = local.group
  location                      = local.region
  version                       = "17"
  sku_name                      = var.database.sku
  storage_mb                    = var.database.storage_mb
  auto_grow_enabled             = true
  backup_retention_days         = 14
  public_network_access_enabled = false
  delegated_subnet_id           = azurerm_subnet.database.id
  private_dns_zone_id           = azurerm_private_dns_zone.private["postgres"].id
  administrator_login           = "harvestman"
  administrator_password        = module.secrets.owner_password
  high_availability {
    mode = "ZoneRedundant"
  }
  lifecycle {
    ignore_changes = [zone, high_availability[0].standby_availability_zone]
  }
  depends_on = [azurerm_private_dns_zone_virtual_network_link.private]
}

resource "azurerm_postgresql_flexible_server_database" "harvestman" {
  name      = "harvestman"
  server_id = azurerm_postgresql_flexible_server.main.id
}

resource "azurerm_postgresql_flexible_server_configuration" "main" {
  for_each = {
    "require_secure_transport"            = "on"
    "idle_in_transaction_session_timeout" = "60000"
    # The queue's rows live for minutes: vacuum must come often and get on.
    "autovacuum_naptime"           = "10"
    "autovacuum_vacuum_cost_limit" = "2000"
    "log_min_duration_statement"   = "1000"
    "log_checkpoints"              = "on"
    "log_connections"              = "on"
  }
  server_id = azurerm_postgresql_flexible_server.main.id
  name      = each.key
  value     = each.value
}
