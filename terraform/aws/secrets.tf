# One secret for each service, and KEDA's.
resource "random_password" "broker" {
  length  = 32
  special = false
}

locals {
  broker_host = trimprefix(split(":5671", aws_mq_broker.main.instances[0].endpoints[0])[0], "amqps://")
  secrets = merge(module.secrets.services, {
    keda = { host = "https://harvestman:${random_password.broker.result}@${local.broker_host}/%2f" }
  })
}

module "secrets" {
  source        = "../secrets"
  database_host = aws_db_instance.main.address
  queue         = "amqps://harvestman:${random_password.broker.result}@${local.broker_host}:5671/%2f"
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
