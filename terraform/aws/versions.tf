terraform {
  required_version = ">= 1.9"
  required_providers {
    aws    = { source = "hashicorp/aws", version = "~> 6.0" }
    random = { source = "hashicorp/random", version = "~> 3.6" }
  }
  # The bucket and the key of the state come with `terraform init -backend-config=...`, see docs/DEPLOY.md.
  backend "s3" {
    encrypt      = true
    use_lockfile = true
  }
}

provider "aws" {
  region = var.region
  default_tags {
    tags = { project = var.name }
  }
}

data "aws_caller_identity" "me" {}
data "aws_partition" "here" {}

locals {
  account = data.aws_caller_identity.me.account_id
  zones   = [for letter in var.zone_letters : "${var.region}${letter}"]
}
