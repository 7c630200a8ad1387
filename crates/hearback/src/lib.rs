#![doc = include_str!("../README.md")]

mod app;
mod at_rest;
mod banner;
mod cli;
mod command;
pub mod config;
mod demo;
mod development;
mod doctor;
mod listener;
mod logs;
mod receiving;
mod sending;
mod signals;
mod templates;
mod terminal;

pub use app::{App, Running};
pub use command::run;
pub use config::Config;
