//! All services dead at once, and started in every order.

use crate::dice::Dice;
use crate::process::Role;
use crate::world::World;
use std::time::Duration;
use tokio::time::sleep;

/// Kills all, and starts the services in the so manieth of their 24 orders.
pub async fn kill_all(world: &World, nth: u64, dice: &mut Dice) {
    for member in &world.fleet.members {
        member.process.down().await;
    }
    for role in order(nth) {
        for member in world.fleet.of(role) {
            member.process.up();
        }
        sleep(Duration::from_millis(dice.below(400))).await;
    }
}

/// The so manieth order of the services.
fn order(nth: u64) -> Vec<Role> {
    let mut left = Role::ALL.to_vec();
    let mut nth = nth as usize % 24;
    let mut order = Vec::new();
    for orders_of_the_rest in [6, 2, 1, 1] {
        order.push(left.remove(nth / orders_of_the_rest));
        nth %= orders_of_the_rest;
    }
    order
}

#[cfg(test)]
mod tests {
    use super::order;
    use std::collections::HashSet;

    #[test]
    fn the_orders_are_all_there_are() {
        let all: HashSet<_> = (0..24).map(order).collect();
        assert_eq!(all.len(), 24);
    }
}
