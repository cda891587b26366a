# One secret for each service: a JSON object whose keys become the files in its pods. The broker's is made by its operator.
resource "random_password" "database" {
  for_each = toset(["migrate", "dispatcher", "parser", "api"])
  length   = 32
  special  = false
}

resource "random_password" "api_key" {
  length  = 40
  special = false
}

locals {
  store = {
    for role, password in random_password.database : role =>
    "postgres://${role == "migrate" ? "harvestman" : role}:${password.result}@${google_sql_database_instance.main.private_ip_address}/harvestman?sslmode=require"
  }
  secrets = {
    dispatcher = { store = local.store["dispatcher"] }
    parser     = { store = local.store["parser"] }
    api        = { store = local.store["api"], api-key = random_password.api_key.result }
    migrate    = { store = local.store["migrate"] }
    database-roles = {
      PGHOST              = google_sql_database_instance.main.private_ip_address
      PGDATABASE          = "harvestman"
      PGUSER              = "harvestman"
      PGPASSWORD          = random_password.database["migrate"].result
      PGSSLMODE           = "require"
      DISPATCHER_PASSWORD = random_password.database["dispatcher"].result
      PARSER_PASSWORD     = random_password.database["parser"].result
      API_PASSWORD        = random_password.database["api"].result
    }
  }
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
  secret_data = jsonencode(local.secrets[each.key])
}
