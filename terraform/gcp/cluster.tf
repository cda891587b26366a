resource "google_container_cluster" "main" {
  #checkov:skip=CKV_GCP_12:Dataplane V2 enforces NetworkPolicies; the add-on that is looked for is what it replaced
  #checkov:skip=CKV_GCP_69:the node pool has GKE_METADATA; the default pool is removed
  #checkov:skip=CKV_GCP_65:groups need a Workspace domain, which not everybody has
  name                        = var.name
  location                    = var.region
  network                     = google_compute_network.main.id
  subnetwork                  = google_compute_subnetwork.nodes.id
  remove_default_node_pool    = true
  initial_node_count          = 1
  deletion_protection         = true
  enable_shielded_nodes       = true
  enable_intranode_visibility = true
  # Dataplane V2 enforces NetworkPolicies.
  datapath_provider = "ADVANCED_DATAPATH"
  networking_mode   = "VPC_NATIVE"
  resource_labels   = { project = var.name }

  ip_allocation_policy {
    cluster_secondary_range_name  = "pods"
    services_secondary_range_name = "services"
  }
  private_cluster_config {
    enable_private_nodes    = true
    enable_private_endpoint = length(var.admin_cidrs) == 0
    master_ipv4_cidr_block  = cidrsubnet(cidrsubnet(var.cidr, 4, 7), 8, 0)
  }
  master_authorized_networks_config {
    dynamic "cidr_blocks" {
      for_each = var.admin_cidrs
      content {
        display_name = cidr_blocks.key
        cidr_block   = cidr_blocks.value
      }
    }
  }
  master_auth {
    client_certificate_config {
      issue_client_certificate = false
    }
  }
  workload_identity_config {
    workload_pool = "${var.project}.svc.id.goog"
  }
  database_encryption {
    state    = "ENCRYPTED"
    key_name = google_kms_crypto_key.main.id
  }
  binary_authorization {
    evaluation_mode = "PROJECT_SINGLETON_POLICY_ENFORCE"
  }
  release_channel {
    channel = "REGULAR"
  }
  depends_on = [google_kms_crypto_key_iam_member.agents]
}

resource "google_service_account" "nodes" {
  account_id   = "${var.name}-nodes"
  display_name = "Nodes of ${var.name}"
}

resource "google_project_iam_member" "nodes" {
  for_each = toset(["roles/container.defaultNodeServiceAccount", "roles/artifactregistry.reader"])
  project  = var.project
  role     = each.value
  member   = google_service_account.nodes.member
}

resource "google_container_node_pool" "main" {
  name     = "main"
  cluster  = google_container_cluster.main.id
  location = var.region
  autoscaling {
    min_node_count = var.nodes.min
    max_node_count = var.nodes.max
  }
  management {
    auto_repair  = true
    auto_upgrade = true
  }
  upgrade_settings {
    max_surge       = 1
    max_unavailable = 0
  }
  node_config {
    machine_type      = var.nodes.type
    image_type        = "COS_CONTAINERD"
    disk_size_gb      = 50
    boot_disk_kms_key = google_kms_crypto_key.main.id
    service_account   = google_service_account.nodes.email
    oauth_scopes      = ["https://www.googleapis.com/auth/cloud-platform"]
    metadata          = { disable-legacy-endpoints = "true" }
    shielded_instance_config {
      enable_secure_boot          = true
      enable_integrity_monitoring = true
    }
    # Pods see their own identity, not the node's.
    workload_metadata_config {
      mode = "GKE_METADATA"
    }
  }
}
