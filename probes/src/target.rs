// SPDX-License-Identifier: GPL-2.0

//! What has to agree with each other in the target's build directory, before any answer means
//! anything: the files of its configuration, its Rust metadata and its symbols, its headers and the
//! kernel itself.

mod btf;
pub(crate) mod configuration;
mod elf;
mod layout;
mod metadata;
mod structures;

use crate::arguments::Request;
use crate::cache;
use crate::compiler::Compiler;
use crate::error::Error;
use crate::log::Log;
use crate::names::Names;
use crate::outputs::Outputs;
use crate::source::Token;
use std::path::Path;

/// The input of the comparisons.
pub(crate) struct Target<'a> {
    pub(crate) request: &'a Request,
    pub(crate) compiler: &'a Compiler,
    pub(crate) names: &'a Names,
    /// The text of the bindings.
    pub(crate) bindings: &'a str,
    pub(crate) tokens: &'a [Token<'a>],
    /// The text of Module.symvers.
    pub(crate) symvers: Option<&'a str>,
    /// The directory of generated units.
    pub(crate) units: &'a Path,
}

impl Target<'_> {
    /// Compares everything, unless the last comparison was of the same inputs. Returns a sentence
    /// for the table for each thing that was compared, or could not be.
    pub(crate) fn check(&self, outputs: &Outputs, log: &mut Log) -> Result<Vec<String>, Error> {
        let key = cache::target_key(self.request, self.compiler, self.texts())?;
        if let Some(known) = outputs.compared(&key) {
            return Ok(known);
        }
        let mut compared = Vec::new();
        if let Some(kernel) = &self.request.kernel {
            configuration::check(kernel)?;
        }
        compared.extend(self.metadata(log)?);
        compared.extend(self.layouts(log)?);
        outputs.write_compared(&key, &compared)?;
        Ok(compared)
    }

    fn texts(&self) -> [&str; 2] {
        [self.bindings, self.symvers.unwrap_or("")]
    }

    /// The metadata and the symbols, if a kernel and its symbols are known.
    fn metadata(&self, log: &mut Log) -> Result<Option<String>, Error> {
        let (Some(kernel), Some(symvers)) = (&self.request.kernel, self.symvers) else {
            return Ok(None);
        };
        metadata::check(self.compiler, kernel, symvers, self.units, log).map(Some)
    }

    /// The headers and the kernel, if something has the layout of the kernel's structures.
    fn layouts(&self, log: &mut Log) -> Result<Option<String>, Error> {
        let Some(file) = &self.request.btf else {
            return Ok(None);
        };
        let layouts = layout::Layouts {
            compiler: self.compiler,
            bindings_crate: &self.request.bindings_crate,
            tokens: self.tokens,
            names: self.names,
            units: self.units,
        };
        layouts.check(file, log).map(Some)
    }
}
