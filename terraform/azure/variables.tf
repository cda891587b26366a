variable "subscription" {
  type        = string
  description = "The subscription's id."
}

variable "name" {
  type        = string
  default     = "harvestman"
  description = "What every name begins with; lower case letters only, 16 at most."
}

variable "region" {
  type        = string
  default     = "westeurope"
  description = "The region; it needs three zones."
}

variable "cidr" {
  type        = string
  default     = "10.40.0.0/16"
  description = "The network, a /16: nodes in the /20 number 0, the database in number 6, private endpoints after it."
}

variable "admin_cidrs" {
  type        = list(string)
  default     = []
  description = "From where the cluster's API and the vault may be called; empty: from inside the network only."
}

variable "admin_groups" {
  type        = list(string)
  default     = []
  description = "Object ids of the Entra groups that administer the cluster."
}

variable "nodes" {
  type        = object({ size = string, min = number, max = number })
  default     = { size = "Standard_D2s_v5", min = 3, max = 12 }
  description = "The nodes: their size and how many."
}

variable "database" {
  type        = object({ sku = string, storage_mb = number })
  default     = { sku = "GP_Standard_D2ds_v5", storage_mb = 131072 }
  description = "The database: its SKU and its disk in MB, which grows by itself."
}

variable "raw_days" {
  type        = object({ infrequent = number, expire = number })
  default     = { infrequent = 30, expire = 365 }
  description = "Raw pages move to the cool tier after so many days, and go after so many."
}

variable "alarm_email" {
  type        = string
  default     = ""
  description = "Who is told of alarms; empty: nobody."
}
