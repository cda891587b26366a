# What the services' secrets hold, the same on every cloud: passwords, and for each service a JSON object whose keys become the files
# in its pods. Where it is kept, each cloud's own files say.
terraform {
  required_version = ">= 1.9"
  required_providers {
    random = {
      source  = "hashicorp/random"
      version = "~> 3.6"
    }
  }
}

variable "database_host" {
  description = "Name or address of the database"
  type        = string
}

variable "queue" {
  description = "URL of the broker; null where its operator in the cluster makes the secret"
  type        = string
  default     = null
  sensitive   = true
}

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
    "postgres://${role == "migrate" ? "harvestman" : role}:${password.result}@${var.database_host}/harvestman?sslmode=require"
  }
  queue = var.queue == null ? {} : { queue = var.queue }
}

# The password of the database's owner.
output "owner_password" {
  value     = random_password.database["migrate"].result
  sensitive = true
}

# Service to what its secret holds. A worker has one only where the broker's address is secret.
output "services" {
  value = {
    dispatcher = merge(local.queue, { store = local.store["dispatcher"] })
    worker     = local.queue
    parser     = merge(local.queue, { store = local.store["parser"] })
    api        = merge(local.queue, { store = local.store["api"], api-key = random_password.api_key.result })
    migrate    = { store = local.store["migrate"] }
    database-roles = {
      PGHOST              = var.database_host
      PGDATABASE          = "harvestman"
      PGUSER              = "harvestman"
      PGPASSWORD          = random_password.database["migrate"].result
      PGSSLMODE           = "require"
      DISPATCHER_PASSWORD = random_password.database["dispatcher"].result
      PARSER_PASSWORD     = random_password.database["parser"].result
      API_PASSWORD        = random_password.database["api"].result
    }
  }
  sensitive = true
}
