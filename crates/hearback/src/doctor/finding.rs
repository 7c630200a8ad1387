//! What the doctor says.

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    Ok,
    /// Worth knowing, and nothing to do now.
    Note,
    /// Nothing is lost by it today.
    Warning,
    /// Mail or applications would be lost, or bounce.
    Error,
}

impl Level {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// What it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Area {
    Settings,
    Relay,
    Names,
    Answers,
    Database,
    Clock,
    Disk,
}

impl Area {
    pub(crate) const ALL: &'static [Self] =
        &[Self::Settings, Self::Relay, Self::Names, Self::Answers, Self::Database, Self::Clock, Self::Disk];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Settings => "settings",
            Self::Relay => "relay",
            Self::Names => "dns",
            Self::Answers => "answers",
            Self::Database => "database",
            Self::Clock => "clock",
            Self::Disk => "disk",
        }
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) area: Area,
    pub(crate) level: Level,
    pub(crate) what: String,
    /// What to do about it; nothing where all is well.
    pub(crate) advice: Option<String>,
}

impl Finding {
    pub(crate) fn ok(area: Area, what: impl Into<String>) -> Self {
        Self { area, level: Level::Ok, what: what.into(), advice: None }
    }

    pub(crate) fn new(area: Area, level: Level, what: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { area, level, what: what.into(), advice: Some(advice.into()) }
    }
}
