//! Days and hours as people live them: working days of the organisation, quiet hours of the applicant, clocks that change.

mod local;
mod quiet_hours;
mod working_days;

pub use local::{earliest, end_of_day, latest};
pub use quiet_hours::QuietHours;
pub use working_days::{Calendar, DayOfWeek, Delay};
