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
use crate::control;
use crate::error::Error;
use crate::log::Log;
use crate::names::Names;
use crate::outputs::Outputs;
use crate::source::Token;
use crate::target::layout::Layouts;
use crate::target::metadata::Metadata;
use crate::target::structures::declared;
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
    /// Whether the compiler is known to load the crates.
    pub(crate) loaded: bool,
}

impl Target<'_> {
    /// Compares everything, unless the last comparison was of the same inputs, the crates among them,
    /// which the compiler has loaded then. Returns a sentence for the table for each thing that was
    /// compared, or could not be.
    pub(crate) fn check(&self, outputs: &Outputs, log: &mut Log) -> Result<Vec<String>, Error> {
        let key = cache::target_key(self.request, self.compiler, self.texts())?;
        if let Some(known) = outputs.compared(&key) {
            return Ok(known);
        }
        if let Some(kernel) = &self.request.kernel {
            configuration::check(kernel)?;
        }
        let compared = self.compare(log)?;
        outputs.write_compared(&key, &compared)?;
        Ok(compared)
    }

    fn texts(&self) -> [&str; 2] {
        [self.bindings, self.symvers.unwrap_or("")]
    }

    /// Asks the compiler everything in one run: whether it can load the crates, what the metadata
    /// leads to, and whether the layouts are the kernel's. If it reports an error, each is asked by
    /// itself, so that the error is attributed to what it is about.
    fn compare(&self, log: &mut Log) -> Result<Vec<String>, Error> {
        // The metadata and the symbols, if a kernel and its symbols are known.
        let kernel = self.request.kernel.as_deref().zip(self.symvers);
        let metadata =
            kernel.map(|(kernel, symvers)| Metadata::find(self.compiler, kernel, symvers));
        // The headers and the kernel, if something has the layout of the kernel's structures.
        let declared = declared(self.tokens);
        let crate_name = &self.request.bindings_crate;
        let layouts = match &self.request.btf {
            Some(file) => Some(Layouts::find(&declared, crate_name, self.names, file)?),
            None => None,
        };
        let symbols = metadata.iter().flatten();
        let structures = layouts.iter().flatten();
        let asked: String = symbols
            .map(Metadata::unit)
            .chain(structures.map(Layouts::unit))
            .collect();
        let code = match asked.is_empty() {
            true => None,
            false => {
                let text = format!(
                    "// Made by compat-probe: what the kernel's metadata leads to, and its layouts.\n{}{asked}",
                    control::crates_unit(self.compiler)
                );
                let compiled = self
                    .compiler
                    .compile_to_llvm(self.units, "target", &text, log)?;
                compiled.ok()
            }
        };
        if code.is_none() && !self.loaded {
            control::check_crates(self.compiler, self.units, log)?;
        }
        let mut compared = Vec::new();
        if let Some(metadata) = metadata {
            compared.push(match (metadata, &code) {
                (None, _) => "The kernel exports no symbol of its Rust bindings: whether the Rust metadata is of its build was not compared.".to_string(),
                (Some(metadata), Some(code)) => metadata.compare(code)?,
                (Some(metadata), None) => metadata.check(self.compiler, self.units, log)?,
            });
        }
        if let Some((layouts, file)) = layouts.zip(self.request.btf.as_deref()) {
            compared.push(match (layouts, &code) {
                (None, _) => format!(
                    "{} has no type information (BTF): layouts were not compared.",
                    file.display()
                ),
                (Some(layouts), Some(_)) => layouts.same()?,
                (Some(layouts), None) => layouts.check(self.compiler, self.units, log)?,
            });
        }
        Ok(compared)
    }
}
