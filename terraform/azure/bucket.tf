# Raw pages, and nothing else.
resource "azurerm_storage_account" "raw" {
  #checkov:skip=CKV_AZURE_43:the name is made of lower case letters and six of a hash
  #checkov:skip=CKV_AZURE_206:three zones of the region; pages can be fetched again
  #checkov:skip=CKV_AZURE_33:a check of the queue service, which is not used
  #checkov:skip=CKV2_AZURE_1:encrypted with keys of Azure's own
  #checkov:skip=CKV2_AZURE_41:there are no SAS tokens: shared keys are off
  name                              = local.unique
  resource_group_name               = local.group
  location                          = local.region
  account_tier                      = "Standard"
  account_kind                      = "StorageV2"
  account_replication_type          = "ZRS"
  min_tls_version                   = "TLS1_2"
  https_traffic_only_enabled        = true
  infrastructure_encryption_enabled = true
  public_network_access_enabled     = false
  allow_nested_items_to_be_public   = false
  shared_access_key_enabled         = false
  default_to_oauth_authentication   = true
  local_user_enabled                = false
  cross_tenant_replication_enabled  = false
  network_rules {
    default_action = "Deny"
    bypass         = ["AzureServices"]
  }
  blob_properties {
    versioning_enabled = true
    delete_retention_policy {
      days = 14
    }
    container_delete_retention_policy {
      days = 14
    }
  }
}

resource "azurerm_storage_container" "raw" {
  #checkov:skip=CKV2_AZURE_21:who reads is known, three identities; diagnostic settings tell more where they are wanted
  name                  = "raw"
  storage_account_id    = azurerm_storage_account.raw.id
  container_access_type = "private"
}

resource "azurerm_storage_management_policy" "raw" {
  storage_account_id = azurerm_storage_account.raw.id
  rule {
    name    = "age"
    enabled = true
    filters {
      blob_types = ["blockBlob"]
    }
    actions {
      base_blob {
        tier_to_cool_after_days_since_modification_greater_than = var.raw_days.infrequent
        delete_after_days_since_modification_greater_than       = var.raw_days.expire
      }
      version {
        delete_after_days_since_creation = 14
      }
    }
  }
}

resource "azurerm_private_endpoint" "blob" {
  name                = "${var.name}-blob"
  resource_group_name = local.group
  location            = local.region
  subnet_id           = azurerm_subnet.endpoints.id
  private_service_connection {
    name                           = "blob"
    private_connection_resource_id = azurerm_storage_account.raw.id
    subresource_names              = ["blob"]
    is_manual_connection           = false
  }
  private_dns_zone_group {
    name                 = "blob"
    private_dns_zone_ids = [azurerm_private_dns_zone.private["blob"].id]
  }
}
