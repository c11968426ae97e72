//! The kinds of faults, and how each is put into force.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::throttled::throttled;

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A call is refused for its rate.
    Throttle,
    /// A batch call goes through, and some of its entries are refused.
    Partial,
    /// A call is answered with a server's error, and does nothing.
    ServerError,
    /// A call takes seconds.
    Slow,
    /// A call does its work and its connection is lost: the client calls again.
    Lost,
    /// A call happens twice.
    Duplicate,
    /// A reader's iterator has expired.
    ExpiredIterator,
    /// A function crashes before its code has begun.
    CrashBefore,
    /// A function crashes after it has done its work.
    CrashAfter,
    /// A function does nothing until it is stopped.
    TimeoutBefore,
    /// A function does its work and is stopped before it answers.
    TimeoutAfter,
    /// A function gets the same event twice.
    Redelivery,
    /// Every run of every function fails for an hour.
    Outage,
    /// A function's run takes longer than those that begin after it.
    OutOfOrder,
    /// Every call of clients and functions to the region fails.
    Region,
    /// Event source mappings are switched off for an hour, and on again. It has met one into whose source something came meanwhile.
    Stall,
    /// The producer's clock is ahead or behind.
    ClockAskew,
    /// A run of a Glue job fails before its script has begun.
    JobBefore,
    /// A run of a Glue job fails when all that it writes is there.
    JobAfter,
    /// A crawl fails.
    CrawlFails,
    /// A query fails, and says that it may be asked again.
    QueryFails,
    /// A query takes up to a minute.
    QuerySlow,
    /// A run of a Glue job takes minutes longer.
    JobSlow,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 23] = [
        Self::Throttle,
        Self::Partial,
        Self::ServerError,
        Self::Slow,
        Self::Lost,
        Self::Duplicate,
        Self::ExpiredIterator,
        Self::CrashBefore,
        Self::CrashAfter,
        Self::TimeoutBefore,
        Self::TimeoutAfter,
        Self::Redelivery,
        Self::Outage,
        Self::OutOfOrder,
        Self::Region,
        Self::Stall,
        Self::ClockAskew,
        Self::JobBefore,
        Self::JobAfter,
        Self::CrawlFails,
        Self::QueryFails,
        Self::QuerySlow,
        Self::JobSlow,
    ];

    /// As it is written in files and tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Throttle => "throttle",
            Self::Partial => "partial",
            Self::ServerError => "server-error",
            Self::Slow => "slow",
            Self::Lost => "lost",
            Self::Duplicate => "duplicate",
            Self::ExpiredIterator => "expired-iterator",
            Self::CrashBefore => "crash-before",
            Self::CrashAfter => "crash-after",
            Self::TimeoutBefore => "timeout-before",
            Self::TimeoutAfter => "timeout-after",
            Self::Redelivery => "redelivery",
            Self::Outage => "outage",
            Self::OutOfOrder => "out-of-order",
            Self::Region => "region",
            Self::Stall => "stall",
            Self::ClockAskew => "clock-askew",
            Self::JobBefore => "job-before",
            Self::JobAfter => "job-after",
            Self::CrawlFails => "crawl-fails",
            Self::QueryFails => "query-fails",
            Self::QuerySlow => "query-slow",
            Self::JobSlow => "job-slow",
        }
    }

    /// The kind of this name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether the caller of a call that it meets has to call again.
    pub(crate) fn refuses(self) -> bool {
        matches!(self, Self::Throttle | Self::ServerError | Self::Lost | Self::ExpiredIterator)
    }

    /// Whether it meets the runs of functions.
    pub(crate) fn is_of_functions(self) -> bool {
        matches!(
            self,
            Self::CrashBefore
                | Self::CrashAfter
                | Self::TimeoutBefore
                | Self::TimeoutAfter
                | Self::Redelivery
                | Self::Outage
                | Self::OutOfOrder
        )
    }

    /// The work of jobs that it meets, as the tank's control API names it.
    pub(crate) fn task(self) -> Option<&'static str> {
        Some(match self {
            Self::JobBefore | Self::JobAfter | Self::JobSlow => "job",
            Self::CrawlFails => "crawl",
            Self::QueryFails | Self::QuerySlow => "query",
            _ => return None,
        })
    }

    /// How often it happens at most in a run: a job that Glue starts again as often as its template says ends well then, and of
    /// runs at one time one slow one is overtaken by the others.
    pub(crate) fn hits_max(self) -> Option<u64> {
        match self {
            Self::JobBefore | Self::JobAfter | Self::JobSlow => Some(1),
            Self::CrawlFails => Some(2),
            Self::QueryFails => Some(20),
            _ => None,
        }
    }

    /// The verdict as the tank's control API takes it; none of what is no rule.
    pub(crate) fn verdict(self, service: &str, by_ms: i64) -> Option<Value> {
        let error = |(code, status): (&str, u16), message: &str| json!({ "code": code, "status": status, "message": format!("simulated: {message}") });
        let span = format!("{}ms", by_ms.max(1));
        let failed = server_error(service);
        Some(match self {
            Self::Throttle => json!({ "fail": error(throttled(service), "the rate is exceeded") }),
            Self::Partial => json!({ "refuse_entries": { "code": throttled(service).0, "share": 0.5 } }),
            Self::ServerError => json!({ "fail": error(failed, "the service fails") }),
            Self::Slow | Self::OutOfOrder | Self::QuerySlow | Self::JobSlow => json!({ "delay": span }),
            Self::Lost => json!({ "fail_after": error(failed, "the connection is lost") }),
            Self::Duplicate | Self::Redelivery => json!("duplicate"),
            Self::ExpiredIterator => {
                json!({ "fail": error(("ExpiredIteratorException", 400), "the iterator has expired") })
            }
            Self::CrashBefore | Self::Outage => {
                json!({ "fail": error(("Fault", 500), "a crash before any work") })
            }
            Self::CrashAfter => json!({ "fail_after": error(("Fault", 500), "a crash after the work") }),
            Self::TimeoutBefore => json!("time_out"),
            Self::TimeoutAfter => json!("time_out_after"),
            Self::Region => json!({ "fail": error(("ServiceUnavailable", 503), "the region is down") }),
            Self::JobBefore => json!({ "fail": error(("Fault", 500), "no cluster could be had") }),
            Self::JobAfter => {
                json!({ "fail_after": error(("Fault", 500), "the driver is lost after the work") })
            }
            Self::CrawlFails => {
                json!({ "fail": error(("Fault", 500), "an internal failure of the crawler") })
            }
            Self::QueryFails => {
                json!({ "fail": error(("Fault", 500), "GENERIC_INTERNAL_ERROR: a worker is lost") })
            }
            Self::Stall | Self::ClockAskew => return None,
        })
    }
}

/// The code and status of a service's own failure. Documented: the exceptions of the service models.
fn server_error(service: &str) -> (&'static str, u16) {
    match service {
        "kinesis" => ("InternalFailureException", 500),
        "dynamodb" | "dynamodbstreams" => ("InternalServerError", 500),
        "s3" => ("InternalError", 500),
        "glue" => ("InternalServiceException", 500),
        "lambda" => ("ServiceException", 500),
        "sns" => ("InternalError", 500),
        _ => ("InternalFailure", 500),
    }
}

#[cfg(test)]
mod tests {
    use wavetank_scenarios::FAULT_KINDS;

    use super::*;

    #[test]
    fn a_scenario_may_exclude_every_kind_that_is_drawn() {
        assert_eq!(FAULT_KINDS, Kind::ALL.map(Kind::name));
        for kind in Kind::ALL {
            assert_eq!(Kind::of_name(kind.name()), Some(kind));
        }
    }
}
