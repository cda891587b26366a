//! Memory of the services over time, and their processor time.

use chaos::fleet::Fleet;
use chaos::process::Role;
use serde::Serialize;

/// A service's share, all its processes together; memory is of the largest of them.
#[derive(Clone, Debug, Serialize)]
pub struct Service {
    /// Which.
    pub name: &'static str,
    /// Processes.
    pub processes: usize,
    /// Seconds of processor time.
    pub cpu: f64,
    /// Most resident bytes of a process until a tenth of the pages was there.
    pub early: u64,
    /// The same, later.
    pub late: u64,
    /// The same, at the end.
    pub last: u64,
}

/// See the module.
pub struct Sampler {
    services: Vec<Service>,
}

impl Sampler {
    /// Processor time counts from here.
    pub fn begin(fleet: &Fleet) -> Self {
        let service = |role: Role| Service {
            name: role.name(),
            processes: fleet.of(role).count(),
            cpu: -cpu(fleet, role),
            early: 0,
            late: 0,
            last: 0,
        };
        Sampler { services: Role::ALL.into_iter().map(service).collect() }
    }

    /// One look. `part` of the pages are there, from 0 to 1.
    pub fn look(&mut self, fleet: &Fleet, part: f64) {
        for (service, role) in self.services.iter_mut().zip(Role::ALL) {
            service.last = fleet.of(role).map(|member| member.process.memory()).max().unwrap_or(0);
            let most = if part < 0.1 { &mut service.early } else { &mut service.late };
            *most = service.last.max(*most);
        }
    }

    /// Processor time counts to here.
    pub fn end(mut self, fleet: &Fleet) -> Vec<Service> {
        for (service, role) in self.services.iter_mut().zip(Role::ALL) {
            service.cpu += cpu(fleet, role);
        }
        self.services
    }
}

fn cpu(fleet: &Fleet, role: Role) -> f64 {
    fleet.of(role).map(|member| member.process.cpu().as_secs_f64()).sum()
}
