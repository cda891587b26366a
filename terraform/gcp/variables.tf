variable "project" {
  type        = string
  description = "The project's id."
}

variable "name" {
  type        = string
  default     = "harvestman"
  description = "What every name begins with."
}

variable "region" {
  type        = string
  default     = "europe-west1"
  description = "The region."
}

variable "cidr" {
  type        = string
  default     = "10.30.0.0/16"
  description = "The network, a /16: nodes, pods and services in it; servers in the /20 number 6."
}

variable "admin_cidrs" {
  type        = map(string)
  default     = {}
  description = "From where the cluster's API may be called, name to range; empty: from inside the network only."
}

variable "nodes" {
  type        = object({ type = string, min = number, max = number })
  default     = { type = "n2-standard-2", min = 1, max = 4 }
  description = "The nodes: their type, and how many in each of the zones."
}

variable "database" {
  type        = object({ tier = string, storage_gb = number, max_storage_gb = number })
  default     = { tier = "db-custom-2-8192", storage_gb = 100, max_storage_gb = 2000 }
  description = "The database: its tier and its disk in GB, which grows by itself."
}

variable "raw_days" {
  type        = object({ infrequent = number, expire = number })
  default     = { infrequent = 30, expire = 365 }
  description = "Raw pages move to nearline storage after so many days, and go after so many."
}

variable "alarm_email" {
  type        = string
  default     = ""
  description = "Who is told of alarms; empty: nobody."
}
