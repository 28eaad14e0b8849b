//! Everything the user told us: parts, load, team, roadmap, preferences, options.

pub mod answers;
pub mod decision;
pub mod keys;
pub mod reader;
pub mod writer;

use crate::name::{PartName, ProductName, Slug};

/// A closed list of words, each with one spelling in answers, flags and output.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$variant_doc])* $variant),+ }

        impl $name {
            /// Every value, in the order in which it is listed to people.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];
            /// Every spelling, in the same order.
            pub const WORDS: &'static [&'static str] = &[$($word),+];

            /// The spelling.
            pub const fn word(self) -> &'static str {
                match self { $($name::$variant => $word),+ }
            }

            /// The value with that spelling.
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some($name::$variant),)+ _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.word())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.word())
            }
        }
    };
}

words! {
    /// What a part does, from the article's use cases; the list is closed.
    Workload {
        /// Many people talking to each other at once.
        Chat = "chat",
        /// Figures that change while one looks at them.
        LiveDashboard = "live-dashboard",
        /// Events pushed to programs as they happen.
        RealTimeApi = "real-time-api",
        /// Long flows of data to many readers.
        Streaming = "streaming",
        /// Pages in the browser.
        BrowserApp = "browser-app",
        /// Requests and answers over HTTP.
        JsonApi = "json-api",
        /// A model of one's own, trained and served.
        MachineLearning = "machine-learning",
        /// Language models, classification, retrieval.
        AiFeatures = "ai-features",
        /// Heavy computation.
        NumberCrunching = "number-crunching",
        /// Data collected, cleaned and stored.
        DataPipeline = "data-pipeline",
        /// Questions asked of stored data.
        Analytics = "analytics",
        /// Pages full of edited content.
        ContentSite = "content-site",
        /// Records, forms and rules of a business.
        BusinessSystem = "business-system",
        /// Scripts that run by themselves.
        Automation = "automation",
    }
}

words! {
    /// How much a part counts.
    Importance {
        /// The product is nothing without it.
        Core = "core",
        /// It helps.
        Supporting = "supporting",
    }
}

words! {
    /// Simultaneous connections expected.
    Connections {
        /// Up to about a thousand.
        Hundreds = "hundreds",
        /// Up to about ten thousand.
        Thousands = "thousands",
        /// More.
        TensOfThousands = "tens-of-thousands",
    }
}

words! {
    /// How much is computed per request or run.
    Computation {
        /// Hardly any.
        Light = "light",
        /// Noticeable.
        Moderate = "moderate",
        /// It decides the hardware.
        Heavy = "heavy",
    }
}

words! {
    /// How well the team knows a language today.
    Skill {
        /// Nobody does.
        None = "none",
        /// Enough to work in it.
        Some = "some",
        /// It is what the team is best at.
        Strong = "strong",
    }
}

words! {
    /// What the team will be in two years.
    TeamAhead {
        /// One JavaScript team from browser to server.
        FullStackJavascript = "full-stack-javascript",
        /// Some of both.
        Mixed = "mixed",
        /// People who work with data and models.
        DataAndAi = "data-and-ai",
    }
}

words! {
    /// Whether something stands on the roadmap.
    Outlook {
        /// It does not.
        No = "no",
        /// It may.
        Maybe = "maybe",
        /// It does.
        Planned = "planned",
    }
}

words! {
    /// The shape the owner asks for.
    ShapeChoice {
        /// Take the advice.
        Auto = "auto",
        /// Node alone.
        Node = "node",
        /// Python alone.
        Python = "python",
        /// Both, joined by a contract.
        Both = "both",
    }
}

words! {
    /// Which languages the repository speaks.
    Shape {
        /// Node alone.
        Node = "node",
        /// Python alone.
        Python = "python",
        /// Both, joined by a contract.
        Both = "both",
    }
}

words! {
    /// The language of one service.
    Language {
        /// TypeScript on Node.
        Node = "node",
        /// Python.
        Python = "python",
    }
}

words! {
    /// What a service does in the product; names its folder.
    Role {
        /// Real-time service (and whatever else Node serves beside it).
        Realtime = "realtime",
        /// HTTP API.
        Api = "api",
        /// The page.
        Web = "web",
        /// Models, AI features and heavy computation.
        Ml = "ml",
        /// Pipelines and analytics.
        Data = "data",
        /// Django.
        Business = "business",
        /// Scheduled scripts.
        Automation = "automation",
    }
}

words! {
    /// Continuous integration files to emit.
    Ci {
        /// GitHub workflows.
        Github = "github",
        /// GitLab pipelines.
        Gitlab = "gitlab",
        /// Neither.
        None = "none",
    }
}

words! {
    /// Licence of the emitted repository.
    License {
        /// All rights reserved until the owner decides.
        None = "none",
        /// MIT.
        Mit = "mit",
        /// Apache-2.0.
        Apache = "apache-2.0",
    }
}

/// One thing the product does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Kebab-case, unique within the product.
    pub name: PartName,
    /// What it does.
    pub workload: Workload,
    /// How much it counts.
    pub importance: Importance,
}

/// How much the product has to carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Load {
    /// Simultaneous connections.
    pub connections: Connections,
    /// Work per request or run.
    pub computation: Computation,
}

/// Who builds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Team {
    /// JavaScript and TypeScript today.
    pub javascript: Skill,
    /// Python today.
    pub python: Skill,
    /// In two years.
    pub in_two_years: TeamAhead,
}

/// What comes later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Roadmap {
    /// Machine learning or AI features.
    pub ai: Outlook,
    /// Analytics or data engineering.
    pub analytics: Outlook,
    /// Real-time interactivity.
    pub real_time: Outlook,
}

/// What the owner wants whatever the workloads say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preferences {
    /// One JavaScript stack from browser to server.
    pub single_javascript_stack: bool,
    /// The shape, when the owner decides it.
    pub shape: ShapeChoice,
    /// Why the owner decided it.
    pub reason: String,
}

/// What else to emit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Continuous integration.
    pub ci: Ci,
    /// Licence file.
    pub license: License,
}

/// Everything the user told us, complete and valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    /// As people read it.
    pub name: ProductName,
    /// As folders, packages and images read it.
    pub slug: Slug,
    /// One line; may be empty.
    pub description: String,
    /// At least one, in the user's order.
    pub parts: Vec<Part>,
    /// Load.
    pub load: Load,
    /// Team.
    pub team: Team,
    /// Roadmap.
    pub roadmap: Roadmap,
    /// Preferences.
    pub preferences: Preferences,
    /// Options.
    pub options: Options,
}
