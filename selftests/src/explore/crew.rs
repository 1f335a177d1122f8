// SPDX-License-Identifier: GPL-2.0

//! The processes of the actors: one for each actor and side, which live over many scripts.

use std::collections::btree_map::{BTreeMap, Entry};
use std::io;
use std::path::PathBuf;

use rustix::fd::{AsFd, AsRawFd};

use super::actors::Actor;
use super::member::{receive, Member, Silence};
use super::orders::Order;
use super::script::Act;
use super::stage::{Side, Sides};
use super::turns::Turns;
use crate::user_namespace::UserNamespace;

/// The processes.
#[derive(Debug)]
pub struct Crew {
    program: PathBuf,
    sides: Sides,
    members: BTreeMap<(Side, &'static str), Member>,
    turns: BTreeMap<Side, Turns>,
    /// The user namespaces that the members are in, by their maps, the outer one first.
    namespaces: BTreeMap<&'static [&'static str], UserNamespace>,
}

/// Why acts have no answers.
#[derive(Debug)]
pub enum Failure {
    /// Several acts were performed, and a process has not answered. It is unknown which act it has
    /// not answered.
    Silent,
    /// The acts cannot be performed.
    Broken(String),
}

impl Crew {
    /// No process yet. `program` is `base0fs-selftest`.
    pub fn new(program: PathBuf, sides: Sides) -> Self {
        Self {
            program,
            sides,
            members: BTreeMap::new(),
            turns: BTreeMap::new(),
            namespaces: BTreeMap::new(),
        }
    }

    /// Has the actors perform the acts, one after the other, on both sides at once. Returns the
    /// answers of the plain directory and of the mount to each act.
    pub fn perform(&mut self, acts: &[&Act]) -> Result<Vec<[String; 2]>, Failure> {
        let mut beginners = Vec::new();
        for side in Side::BOTH {
            for act in acts {
                self.recruit(side, act.actor).map_err(Failure::Broken)?;
            }
            beginners.extend(self.order(side, acts));
        }
        let mut members: Vec<&mut Member> = self.members.values_mut().collect();
        receive(&mut members, acts.len() == 1);
        if acts.len() > 1 && self.members.values().any(|member| member.silence.is_some()) {
            self.dismiss();
            return Err(Failure::Silent);
        }
        self.answers(acts, &beginners).map_err(Failure::Broken)
    }

    /// Ends the script: nobody has anything open. Removes the processes that did not answer.
    pub fn end(&mut self) {
        let mut begun: Vec<&mut Member> = self.members.values_mut().collect();
        begun.retain_mut(|member| std::mem::take(&mut member.begun));
        for member in &mut begun {
            member.tell(Order::End);
            member.send();
        }
        receive(&mut begun, true);
        for member in begun {
            member.take_answers();
        }
        self.members.retain(|_, member| member.silence.is_none());
    }

    /// Ends all processes, which may wait for each other, and forgets whose turn it was.
    fn dismiss(&mut self) {
        self.members.clear();
        self.turns.clear();
    }

    /// Tells the members of a side what to do. Returns those for whom the script begins.
    fn order(&mut self, side: Side, acts: &[&Act]) -> Vec<(Side, &'static str)> {
        let mut beginners = Vec::new();
        for (at, act) in acts.iter().enumerate() {
            let name = act.actor.name;
            let next = acts.get(at + 1).map(|act| act.actor.name);
            let member = self.member(side, name);
            if at > 0 && acts[at - 1].actor.name != name {
                member.tell(Order::Wait);
            }
            if !std::mem::replace(&mut member.begun, true) {
                member.tell(Order::Begin);
                beginners.push((side, name));
            }
            member.tell(Order::Perform(&act.operation.to_string()));
            if let Some(next) = next.filter(|next| *next != name) {
                member.tell(Order::Pass(next));
            }
        }
        let members = self.members.iter_mut();
        let of_side = members.filter(|((of, _), _)| *of == side);
        of_side
            .filter(|(_, member)| member.has_orders())
            .for_each(|(_, member)| member.send());
        beginners
    }

    /// The answers to the acts, which the members have sent.
    fn answers(
        &mut self,
        acts: &[&Act],
        beginners: &[(Side, &'static str)],
    ) -> Result<Vec<[String; 2]>, String> {
        let members = self.members.iter_mut();
        let mut sent: BTreeMap<_, _> = members
            .map(|(key, member)| (*key, (member.take_answers().into_iter(), member.silence)))
            .collect();
        let mut next = |key| {
            let (answers, silence) = sent.get_mut(&key).expect("the member has begun");
            let silence = silence.unwrap_or(Silence::Ended);
            answers.next().unwrap_or_else(|| silence.text().to_owned())
        };
        for (side, name) in beginners {
            let answer = next((*side, *name));
            if answer != "done" {
                return Err(format!("{name} cannot begin: {answer}."));
            }
        }
        let answer = |act: &&Act| Side::BOTH.map(|side| next((side, act.actor.name)));
        Ok(acts.iter().map(answer).collect())
    }

    fn member(&mut self, side: Side, name: &'static str) -> &mut Member {
        let member = self.members.get_mut(&(side, name));
        member.expect("the member is recruited")
    }

    /// The path of the innermost user namespace with these maps, if there are any.
    fn namespace(&mut self, maps: &'static [&'static str]) -> Result<Option<String>, String> {
        let [outer @ .., map] = maps else {
            return Ok(None);
        };
        self.namespace(outer)?;
        if !self.namespaces.contains_key(maps) {
            let parent = self.namespaces.get(outer);
            let made = UserNamespace::new(&self.program, parent, map)
                .map_err(|error| format!("no user namespace can be made: {error}."))?;
            self.namespaces.insert(maps, made);
        }
        let descriptor = self.namespaces[maps].as_fd().as_raw_fd();
        Ok(Some(format!(
            "/proc/{}/fd/{descriptor}",
            std::process::id()
        )))
    }

    /// Makes a process for the actor, unless there is one.
    fn recruit(&mut self, side: Side, actor: &'static Actor) -> Result<(), String> {
        if self.members.contains_key(&(side, actor.name)) {
            return Ok(());
        }
        let namespace = self.namespace(actor.namespaces)?;
        let no_pipes = |error: io::Error| format!("no pipe can be made: {error}.");
        let turns = match self.turns.entry(side) {
            Entry::Occupied(turns) => turns.into_mut(),
            Entry::Vacant(place) => place.insert(Turns::new().map_err(no_pipes)?),
        };
        let root = self.sides.root(side, actor.below);
        let member = Member::spawn(&self.program, actor, &root, turns, namespace)?;
        self.members.insert((side, actor.name), member);
        Ok(())
    }
}
