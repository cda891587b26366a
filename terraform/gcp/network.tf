resource "google_compute_network" "main" {
  #checkov:skip=CKV2_GCP_18:a network of one's own lets nothing in; GKE makes the rules that its load balancers need
  name                    = var.name
  auto_create_subnetworks = false
  depends_on              = [google_project_service.used]
}

locals {
  servers_cidr = cidrsubnet(var.cidr, 4, 6)
}

resource "google_compute_subnetwork" "nodes" {
  name                     = "${var.name}-nodes"
  network                  = google_compute_network.main.id
  region                   = var.region
  ip_cidr_range            = cidrsubnet(var.cidr, 4, 0)
  private_ip_google_access = true
  secondary_ip_range {
    range_name    = "pods"
    ip_cidr_range = cidrsubnet(var.cidr, 1, 1)
  }
  secondary_ip_range {
    range_name    = "services"
    ip_cidr_range = cidrsubnet(var.cidr, 4, 1)
  }
  log_config {
    aggregation_interval = "INTERVAL_10_MIN"
    flow_sampling        = 0.1
    metadata             = "INCLUDE_ALL_METADATA"
  }
}

# Nodes have no public address; what workers fetch leaves here.
resource "google_compute_router" "main" {
  name    = var.name
  network = google_compute_network.main.id
  region  = var.region
}

resource "google_compute_router_nat" "main" {
  name                                = var.name
  router                              = google_compute_router.main.name
  region                              = var.region
  nat_ip_allocate_option              = "AUTO_ONLY"
  source_subnetwork_ip_ranges_to_nat  = "ALL_SUBNETWORKS_ALL_IP_RANGES"
  enable_dynamic_port_allocation      = true
  enable_endpoint_independent_mapping = false
  min_ports_per_vm                    = 1024
  max_ports_per_vm                    = 32768
  log_config {
    enable = true
    filter = "ERRORS_ONLY"
  }
}

# Google's APIs under the four addresses of private.googleapis.com, so that a NetworkPolicy can name them.
resource "google_dns_managed_zone" "apis" {
  name        = "${var.name}-googleapis"
  dns_name    = "googleapis.com."
  description = "Google's APIs by private addresses"
  visibility  = "private"
  private_visibility_config {
    networks {
      network_url = google_compute_network.main.id
    }
  }
}

resource "google_dns_record_set" "private" {
  managed_zone = google_dns_managed_zone.apis.name
  name         = "private.googleapis.com."
  type         = "A"
  ttl          = 300
  rrdatas      = ["199.36.153.8", "199.36.153.9", "199.36.153.10", "199.36.153.11"]
}

resource "google_dns_record_set" "all" {
  managed_zone = google_dns_managed_zone.apis.name
  name         = "*.googleapis.com."
  type         = "CNAME"
  ttl          = 300
  rrdatas      = ["private.googleapis.com."]
}

# Where Cloud SQL gets its private address from.
resource "google_compute_global_address" "servers" {
  name          = "${var.name}-servers"
  network       = google_compute_network.main.id
  purpose       = "VPC_PEERING"
  address_type  = "INTERNAL"
  address       = split("/", local.servers_cidr)[0]
  prefix_length = 20
}

resource "google_service_networking_connection" "servers" {
  network                 = google_compute_network.main.id
  service                 = "servicenetworking.googleapis.com"
  reserved_peering_ranges = [google_compute_global_address.servers.name]
}
