//! The suite of [`shared::ports::Store`]: one small case for each sentence of its contract, and a
//! random one for what no sentence says.

mod admission;
mod applying;
mod control;
mod hosts;
mod leases;
mod limits;
mod poison;
mod random;
mod reading;
mod reparse;
mod runs;
mod timer;
mod turns;
mod world;

pub use world::{Fixture, page};

use shared::ports::Store;
use shared::ports::store::Audit;

use control::{exports, hosts as held, idempotency, jobs, schedules, series, tenants, webhooks};

macro_rules! cases {
    ($($room:ident: $($case:ident)+;)+) => {
        /// Runs every case, each over a fresh store from `make`. Names the case before it begins.
        pub async fn run<S: Store + Audit>(make: impl AsyncFn() -> Fixture<S>) {
            $($(
                eprintln!("store: {}::{}", stringify!($room), stringify!($case));
                $room::$case(world::World::of(make().await)).await;
            )+)+
        }
    };
}

cases! {
    runs: a_run_begins_with_its_seeds_row_open
        seeded_makes_it_run seeded_ends_a_run_without_urls
        runs_come_newest_first pause_refuses_offers_and_new_grants resume_goes_back_to_what_was
        cancel_ends_at_once a_run_that_is_over_stays_over an_unknown_run_is_not_found
        offers_bear_the_trace_that_their_run_was_begun_in;
    admission: a_url_is_admitted_once the_first_of_two_in_a_batch_counts
        robots_goes_in_front_of_a_hosts_first_url limits_hold_to_the_url_and_are_tallied
        known_urls_need_no_room nothing_enters_a_run_that_is_over a_batch_may_be_large;
    leases: a_lease_holds_urls_of_one_host_in_order only_the_first_claim_is_granted
        a_handed_lease_is_not_granted_again an_offer_lapses_uncharged an_expired_lease_charges_a_death
        a_report_puts_back_what_was_not_begun a_stale_report_changes_nothing
        those_that_died_are_leased_apart_and_closed_in_the_end a_delay_makes_leases_short
        the_same_worker_gets_the_time_that_is_left everything_lapses_at_a_start
        a_host_waits_longer_whose_robots_was_being_asked_for;
    turns: an_urgent_run_goes_first weights_share_the_leases a_host_goes_to_the_run_served_longest_ago
        offers_stop_at_their_number offers_stop_where_nobody_parses runs_that_need_a_browser_keep_to_their_share a_lease_that_is_overdue_is_no_reason_to_ask_all_the_time a_blocked_host_is_looked_at_when_its_time_comes;
    hosts: a_host_has_one_lease_at_a_time lanes_open_with_delay_0_and_a_known_robots
        the_next_time_of_a_host_holds_for_all_runs a_robots_answer_goes_to_every_lease_while_it_is_valid
        failures_come_back cookies_come_back a_host_that_is_down_is_given_up another_runs_down_host_is_tried_again
        robots_that_cannot_be_had_give_up_too;
    applying: a_page_closes_once_with_all_that_it_has a_segment_twice_changes_nothing
        the_first_ending_wins an_unasked_end_is_admitted_and_closed a_retry_needs_its_lease
        the_last_url_ends_the_run visits_of_a_run_that_is_over_change_nothing
        endings_are_counted_by_name a_large_segment_is_applied_whole known_says_what_was_admitted;
    limits: pages_bind_at_the_lease bytes_end_a_run time_ends_a_run what_arrives_later_is_cut_too
        seeds_that_are_not_in_yet_are_cut;
    timer: retries_come_back_when_they_are_due a_handed_lease_ends_with_its_segments
        what_a_handed_lease_lost_waits_again segments_are_announced_again
        segments_of_a_run_that_is_over_are_not_announced;
    poison: two_deaths_over_one_page_make_it_poison pages_closed_as_poison_are_filed_and_open_again
        letters_are_filed_once_listed_sent_and_dropped
        letters_are_listed_by_whose_and_what_they_are;
    reading: rows_come_in_order_and_in_pages records_name_their_page rejected_records_are_kept_apart;
    reparse: only_a_run_that_is_over_is_parsed_again parts_cover_every_page_once
        with_its_last_part_a_version_is_current a_dry_run_waits_to_be_adopted
        a_version_that_is_not_current_can_be_dropped;
    tenants: there_is_a_first_tenant_and_names_are_taken_once a_key_ends_and_only_ever_sooner
        keys_come_newest_first_and_know_when_they_were_used a_secret_is_the_same_for_all_who_ask;
    jobs: a_change_needs_the_present_version the_same_once_makes_one_job
        runs_outlive_their_job_and_other_tenants_see_none;
    schedules: a_due_time_begins_one_run_whoever_asks runs_of_a_job_overlap_only_where_they_may
        a_time_may_go_by_and_quotas_hold what_is_paused_is_not_due;
    webhooks: what_a_run_did_is_told_once_to_all_under_one_id what_is_lent_and_not_settled_is_due_again
        a_failed_try_waits_and_a_redelivery_bears_the_same_id an_endpoint_that_failed_too_long_is_disabled
        an_older_try_puts_nothing_back each_page_is_told_once_however_often_runs_are_looked_at;
    series: a_run_begins_with_what_is_beside_it_once
        a_run_is_told_in_the_form_of_firecrawl_page_by_page_and_its_end_last;
    idempotency: the_first_of_a_key_does_it_and_others_get_its_answer a_request_that_died_may_be_begun_again
        what_a_request_made_it_makes_once;
    exports: a_file_is_written_by_one_and_then_ready a_file_whose_writer_died_is_written_by_another
        files_are_listed_deleted_and_asked_for_once;
    held: a_held_host_waits_for_that_run_only hosts_come_in_order_and_in_pages two_runs_compare_by_their_pages
        throughput_is_counted_in_slices_of_time;
    random: any_order_of_events_closes_every_url_once;
}
