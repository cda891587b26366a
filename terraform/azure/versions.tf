terraform {
  required_version = ">= 1.9"
  required_providers {
    azurerm = { source = "hashicorp/azurerm", version = "~> 4.0" }
    random  = { source = "hashicorp/random", version = "~> 3.6" }
  }
  # The storage account of the state comes with `terraform init -backend-config=...`, see docs/DEPLOY.md.
  backend "azurerm" {
    use_azuread_auth = true
  }
}

provider "azurerm" {
  subscription_id     = var.subscription
  storage_use_azuread = true
  features {}
}

data "azurerm_client_config" "me" {}

resource "azurerm_resource_group" "main" {
  name     = var.name
  location = var.region
}

locals {
  group  = azurerm_resource_group.main.name
  region = azurerm_resource_group.main.location
  # Names that are unique in all of Azure.
  unique = "${var.name}${substr(sha256(azurerm_resource_group.main.id), 0, 6)}"
}
