# One secret for each service. The broker's is made by its operator.
module "secrets" {
  source        = "../secrets"
  database_host = google_sql_database_instance.main.private_ip_address
}

resource "google_secret_manager_secret" "service" {
  for_each  = toset(["dispatcher", "parser", "api", "migrate", "database-roles"])
  secret_id = "${var.name}-${each.value}"
  replication {
    user_managed {
      replicas {
        location = var.region
      }
    }
  }
  depends_on = [google_project_service.used]
}

resource "google_secret_manager_secret_version" "service" {
  for_each    = google_secret_manager_secret.service
  secret      = each.value.id
  secret_data = jsonencode(module.secrets.services[each.key])
}
