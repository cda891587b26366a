resource "google_sql_database_instance" "main" {
  #checkov:skip=CKV_GCP_6:ssl_mode ENCRYPTED_ONLY is what replaced require_ssl
  #checkov:skip=CKV_GCP_57:statements above a second are logged, so that a slow query has a name
  #checkov:skip=CKV_GCP_79:17 is the newest that is tested
  #checkov:skip=CKV_GCP_108:a reverse look-up for each connection; the clients are pods
  #checkov:skip=CKV2_GCP_13:slow statements are logged (log_min_duration_statement), not all
  name                = var.name
  region              = var.region
  database_version    = "POSTGRES_17"
  deletion_protection = true
  settings {
    tier                        = var.database.tier
    edition                     = "ENTERPRISE"
    availability_type           = "REGIONAL"
    disk_type                   = "PD_SSD"
    disk_size                   = var.database.storage_gb
    disk_autoresize             = true
    disk_autoresize_limit       = var.database.max_storage_gb
    deletion_protection_enabled = true
    ip_configuration {
      ipv4_enabled    = false
      private_network = google_compute_network.main.id
      ssl_mode        = "ENCRYPTED_ONLY"
    }
    backup_configuration {
      enabled                        = true
      point_in_time_recovery_enabled = true
      transaction_log_retention_days = 7
      backup_retention_settings {
        retained_backups = 14
      }
    }
    insights_config {
      query_insights_enabled = true
    }
    # The queue's rows live for minutes: vacuum must come often and get on.
    database_flags {
      name  = "idle_in_transaction_session_timeout"
      value = "60000"
    }
    database_flags {
      name  = "autovacuum_naptime"
      value = "10"
    }
    database_flags {
      name  = "autovacuum_vacuum_cost_limit"
      value = "2000"
    }
    database_flags {
      name  = "log_min_duration_statement"
      value = "1000"
    }
    database_flags {
      name  = "log_statement"
      value = "ddl"
    }
    database_flags {
      name  = "log_checkpoints"
      value = "on"
    }
    database_flags {
      name  = "log_connections"
      value = "on"
    }
    database_flags {
      name  = "log_disconnections"
      value = "on"
    }
    database_flags {
      name  = "log_lock_waits"
      value = "on"
    }
    database_flags {
      name  = "log_min_error_statement"
      value = "error"
    }
    database_flags {
      name  = "log_min_messages"
      value = "error"
    }
    database_flags {
      name  = "cloudsql.enable_pgaudit"
      value = "on"
    }
  }
  depends_on = [google_service_networking_connection.servers]
}

resource "google_sql_database" "harvestman" {
  name     = "harvestman"
  instance = google_sql_database_instance.main.name
}

resource "google_sql_user" "owner" {
  name     = "harvestman"
  instance = google_sql_database_instance.main.name
  password = module.secrets.owner_password
}
