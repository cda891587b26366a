# One secret for each service: a JSON object whose keys become the files in its pods.
resource "random_password" "database" {
  for_each = toset(["migrate", "dispatcher", "parser", "api"])
  length   = 32
  special  = false
}

resource "random_password" "broker" {
  length  = 32
  special = false
}

resource "random_password" "api_key" {
  length  = 40
  special = false
}

locals {
  broker_host = trimprefix(split(":5671", aws_mq_broker.main.instances[0].endpoints[0])[0], "amqps://")
  queue       = "amqps://harvestman:${random_password.broker.result}@${local.broker_host}:5671/%2f"
  store = {
    for role, password in random_password.database : role =>
    "postgres://${role == "migrate" ? "harvestman" : role}:${password.result}@${aws_db_instance.main.endpoint}/harvestman?sslmode=require"
  }
  secrets = {
    dispatcher = { store = local.store["dispatcher"], queue = local.queue }
    worker     = { queue = local.queue }
    parser     = { store = local.store["parser"], queue = local.queue }
    api        = { store = local.store["api"], queue = local.queue, api-key = random_password.api_key.result }
    migrate    = { store = local.store["migrate"] }
    keda       = { host = "https://harvestman:${random_password.broker.result}@${local.broker_host}/%2f" }
    database-roles = {
      PGHOST              = aws_db_instance.main.address
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

resource "aws_secretsmanager_secret" "service" {
  #checkov:skip=CKV2_AWS_57:rotation is `terraform apply -replace` of the password, which also rolls the pods; see docs/OPERATIONS.md
  for_each   = toset(["dispatcher", "worker", "parser", "api", "migrate", "keda", "database-roles"])
  name       = "${var.name}-${each.value}"
  kms_key_id = aws_kms_key.main.arn
}

resource "aws_secretsmanager_secret_version" "service" {
  for_each      = aws_secretsmanager_secret.service
  secret_id     = each.value.id
  secret_string = jsonencode(local.secrets[each.key])
}
