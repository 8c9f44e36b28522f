//! Plain models from PICT's.

use super::{Group, Parts, PlainAxis, PlainModel, PlainRule, PlainValue};
use crate::Scalar;
use crate::pict::{PictModel, PictParameter};

impl PlainModel {
    /// The same model. Its strength is PICT's default: pairs.
    #[must_use]
    pub fn from_pict(model: &PictModel) -> Self {
        let options = model.options();
        let axes = model
            .parameters()
            .iter()
            .map(|parameter| axis(parameter, |name| options.key(name)));
        let rules = model.rules().iter().map(|rule| PlainRule {
            text: rule.text.clone(),
            formula: rule.formula(),
        });
        let choice = |&axis: &usize| !model.parameters()[axis].is_result();
        let groups = model.submodels().iter().map(|submodel| Group {
            axes: submodel.parameters.iter().copied().filter(choice).collect(),
            strength: submodel.order.map(|order| order as usize),
        });
        let groups = groups.filter(|group| !group.axes.is_empty());
        Parts {
            axes: axes.collect(),
            rules: rules.collect(),
            groups: groups.collect(),
            strength: None,
            mixed: Vec::new(),
            seeds: Vec::new(),
            pict: Some(options.clone()),
        }
        .into_model()
    }
}

fn axis(parameter: &PictParameter, key: impl Fn(&str) -> String) -> PlainAxis {
    let mut by_name = std::collections::HashMap::new();
    for (number, value) in (0..).zip(&parameter.values) {
        for name in &value.names {
            // Of values with the same name the first is meant.
            by_name.entry(key(name)).or_insert(number);
        }
    }
    let values = parameter.values.iter().map(|value| PlainValue {
        names: value.names.iter().cloned().map(Scalar::Text).collect(),
        negative: value.negative,
        weight: value.weight,
    });
    PlainAxis {
        name: parameter.name.clone(),
        values: values.collect(),
        result: parameter.is_result(),
        strength: parameter.order.map(|order| order as usize),
        by_name,
    }
}
