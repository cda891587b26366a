terraform {
  required_version = ">= 1.9"
  required_providers {
    google = { source = "hashicorp/google", version = "~> 6.0" }
    random = { source = "hashicorp/random", version = "~> 3.6" }
  }
  # The bucket of the state comes with `terraform init -backend-config=...`, see docs/DEPLOY.md.
  backend "gcs" {
    prefix = "harvestman"
  }
}

provider "google" {
  project = var.project
  region  = var.region
}

data "google_project" "this" {}

resource "google_project_service" "used" {
  for_each = toset([
    "artifactregistry.googleapis.com", "cloudkms.googleapis.com", "compute.googleapis.com", "container.googleapis.com", "dns.googleapis.com",
    "monitoring.googleapis.com", "secretmanager.googleapis.com", "servicenetworking.googleapis.com", "sqladmin.googleapis.com",
  ])
  service            = each.value
  disable_on_destroy = false
}
