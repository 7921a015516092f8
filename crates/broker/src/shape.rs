//! Brings the JSON of a request into the shape the protocol promises, as the reference server's
//! typed decoder does.
//!
//! - names of fields are lower case from here on (they match in any case)
//! - numbers in `args`, `kwargs`, `in` and `out` have passed through a 64-bit float
//! - what the crate `webpool-colony` keeps as plain JSON (capabilities, snapshots, ...) is checked
//!   against a template: other fields are dropped, missing ones filled with their zero values
//!
//! A template is JSON: `""`, `0`, `false` stand for a string, a whole number, a truth value; `[x]`
//! for an array of `x` or null; `{"*": x}` for a map to `x` or null.

use serde_json::{Map, Number, Value, json};

/// Fields whose content belongs to the user: their names keep their case.
const FREE: [&str; 10] =
    ["args", "kwargs", "in", "out", "env", "projects", "labels", "annotations", "status", "schema"];

/// Fields that hold an object or nothing. Read as a struct, an array would pass for one.
const OBJECTS: [&str; 13] = [
    "spec",
    "conditions",
    "gpu",
    "fs",
    "colony",
    "user",
    "executor",
    "fun",
    "attribute",
    "blueprint",
    "blueprintdefinition",
    "metadata",
    "handler",
];

/// What was wrong with a request's JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// A value has another type than the protocol's.
    Type,
    /// A text holds the character NUL, which the reference server's database cannot keep.
    Nul,
}

/// Lowers the names of all fields but those the user chose, and looks for NUL.
pub(crate) fn fold(payloadtype: &str, value: &mut Value) -> Result<(), Flaw> {
    match value {
        Value::Object(fields) => {
            for (name, mut field) in std::mem::take(fields) {
                let name = name.to_ascii_lowercase();
                if field.is_array() && OBJECTS.contains(&name.as_str()) {
                    return Err(Flaw::Type);
                }
                if !is_free(payloadtype, &name) || field.is_string() {
                    fold(payloadtype, &mut field)?;
                }
                fields.insert(name, field);
            }
            Ok(())
        }
        Value::Array(items) => items.iter_mut().try_for_each(|item| fold(payloadtype, item)),
        Value::String(text) if text.contains('\0') => Err(Flaw::Nul),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
    }
}

/// Whether the content of a field belongs to the user; the `spec` of a blueprint does.
fn is_free(payloadtype: &str, name: &str) -> bool {
    let is_blueprint = matches!(payloadtype, "addblueprintmsg" | "updateblueprintmsg");
    FREE.contains(&name) || (is_blueprint && name == "spec")
}

/// Shapes the payload of a request; one that holds nothing to shape stays as it is.
pub(crate) fn shape(payloadtype: &str, payload: &mut Map<String, Value>) -> Result<(), Flaw> {
    match payloadtype {
        "submitworkflowspecmsg" => shape_workflow(payload),
        "submitfuncspecmsg" | "addchildmsg" => object(payload, "spec").map_or(Ok(()), shape_spec),
        "setoutputmsg" | "closesuccessfulmsg" => shape_free(payload, "out", &json!([])),
        "addcolonymsg" => match payload.get_mut("colony") {
            Some(colony) if !colony.is_null() => fill(colony, &json!({"colonyid": "", "name": ""})),
            _ => Ok(()),
        },
        "addexecutormsg" => object(payload, "executor").map_or(Ok(()), shape_executor),
        "updateexecutormsg" => fill_field(payload, "capabilities", &capabilities()),
        "reportallocationmsg" => fill_field(payload, "allocations", &allocations()),
        "addblueprintmsg" | "updateblueprintmsg" => {
            object(payload, "blueprint").map_or(Ok(()), |blueprint| {
                shape_object(blueprint, "spec")?;
                shape_object(blueprint, "status")
            })
        }
        "updateblueprintstatusmsg" => shape_object(payload, "status"),
        "addfunctionmsg" => {
            if let Some(function) = payload.remove("function") {
                payload.entry("fun").or_insert(function);
            }
            let args = object(payload, "fun").and_then(|function| function.get("args"));
            let mut args = args.and_then(Value::as_array).into_iter().flatten();
            if args.any(Value::is_array) { Err(Flaw::Type) } else { Ok(()) }
        }
        _ => Ok(()),
    }
}

fn object<'a>(
    payload: &'a mut Map<String, Value>,
    name: &str,
) -> Option<&'a mut Map<String, Value>> {
    payload.get_mut(name)?.as_object_mut()
}

fn shape_workflow(payload: &mut Map<String, Value>) -> Result<(), Flaw> {
    let specs = object(payload, "spec").and_then(|spec| spec.get_mut("functionspecs"));
    let specs = specs.and_then(Value::as_array_mut).into_iter().flatten();
    for spec in specs {
        if spec.is_null() {
            *spec = json!({});
        }
        spec.as_object_mut().map_or(Ok(()), shape_spec)?;
    }
    Ok(())
}

fn shape_spec(spec: &mut Map<String, Value>) -> Result<(), Flaw> {
    shape_free(spec, "args", &json!([]))?;
    shape_free(spec, "kwargs", &json!({}))?;
    let Some(fs) = object(spec, "fs") else { return Ok(()) };
    fill_field(fs, "snapshots", &snapshots())?;
    fill_field(fs, "dirs", &dirs())
}

fn shape_executor(executor: &mut Map<String, Value>) -> Result<(), Flaw> {
    for name in ["commissiontime", "lastheardfromtime"] {
        if executor.get(name).and_then(Value::as_str) == Some("") {
            return Err(Flaw::Type);
        }
    }
    fill_field(executor, "capabilities", &capabilities())?;
    fill_field(executor, "allocations", &allocations())
}

/// A field that holds any JSON of the same kind as `empty`, which it becomes when missing.
fn shape_free(fields: &mut Map<String, Value>, name: &str, empty: &Value) -> Result<(), Flaw> {
    let field = fields.entry(name).or_insert(Value::Null);
    if field.is_null() {
        *field = empty.clone();
    }
    if field.is_array() != empty.is_array() || field.is_object() != empty.is_object() {
        return Err(Flaw::Type);
    }
    float_numbers(field);
    Ok(())
}

/// A field that holds an object of the user's, or null.
fn shape_object(fields: &mut Map<String, Value>, name: &str) -> Result<(), Flaw> {
    match fields.get_mut(name) {
        Some(field @ Value::Object(_)) => {
            float_numbers(field);
            Ok(())
        }
        None | Some(Value::Null) => Ok(()),
        Some(Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_)) => {
            Err(Flaw::Type)
        }
    }
}

/// Passes all numbers through a 64-bit float; whole ones are written without a fraction.
fn float_numbers(value: &mut Value) {
    match value {
        Value::Number(number) if number.as_i64().is_some_and(is_exact) => {}
        Value::Number(number) => *number = to_float(number),
        Value::Array(items) => items.iter_mut().for_each(float_numbers),
        Value::Object(fields) => fields.values_mut().for_each(float_numbers),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

/// Whether a 64-bit float holds this number exactly, as all up to 2^53 are.
fn is_exact(number: i64) -> bool {
    number.unsigned_abs() <= 1 << 53
}

fn to_float(number: &Number) -> Number {
    let float = number.as_f64().unwrap_or_default();
    // A zero keeps its sign: there is no whole number like that.
    let is_whole = float.fract() == 0.0 && (float != 0.0 || float.is_sign_positive());
    let whole = is_whole.then(|| format!("{float:.0}").parse::<i64>().ok()).flatten();
    whole.map(Number::from).or_else(|| Number::from_f64(float)).unwrap_or_else(|| number.clone())
}

fn fill_field(fields: &mut Map<String, Value>, name: &str, template: &Value) -> Result<(), Flaw> {
    fill(fields.entry(name).or_insert(Value::Null), template)
}

fn fill(value: &mut Value, template: &Value) -> Result<(), Flaw> {
    match (value, template) {
        (Value::Null, Value::Object(fields)) if fields.contains_key("*") => Ok(()),
        (value @ Value::Null, Value::Object(_)) => {
            *value = json!({});
            fill(value, template)
        }
        (value @ Value::Null, Value::String(_) | Value::Bool(_) | Value::Number(_)) => {
            *value = template.clone();
            Ok(())
        }
        (Value::Array(items), Value::Array(templates)) => match templates.first() {
            Some(template) => items.iter_mut().try_for_each(|item| fill(item, template)),
            None => Ok(()),
        },
        (Value::Object(fields), Value::Object(templates)) => match templates.get("*") {
            Some(template) => fields.values_mut().try_for_each(|field| fill(field, template)),
            None => fill_fields(fields, templates),
        },
        (Value::Number(number), Value::Number(_)) if number.is_i64() => Ok(()),
        (Value::Null, Value::Array(_))
        | (Value::String(_), Value::String(_))
        | (Value::Bool(_), Value::Bool(_)) => Ok(()),
        _ => Err(Flaw::Type),
    }
}

fn fill_fields(
    fields: &mut Map<String, Value>,
    templates: &Map<String, Value>,
) -> Result<(), Flaw> {
    fields.retain(|name, _| templates.contains_key(name));
    templates.iter().try_for_each(|(name, template)| fill_field(fields, name, template))
}

fn capabilities() -> Value {
    json!({
        "hardware": [{
            "model": "", "nodes": 0, "cpu": "", "cores": 0, "mem": "", "storage": "",
            "gpu": {"name": "", "mem": "", "count": 0, "nodecount": 0},
            "platform": "", "architecture": "", "network": [""],
        }],
        "software": [{"name": "", "type": "", "version": ""}],
    })
}

fn allocations() -> Value {
    let project = json!({
        "allocatedcpu": 0, "usedcpu": 0, "allocatedgpu": 0, "usedgpu": 0, "allocatedstorage": 0,
        "usedstorage": 0,
    });
    json!({"projects": {"*": project}})
}

fn snapshots() -> Value {
    json!([{"snapshotid": "", "label": "", "dir": "", "keepfiles": false, "keepsnapshot": false}])
}

fn dirs() -> Value {
    let keep = json!({"keeplocal": false});
    json!([{
        "label": "", "dir": "", "keepfiles": false,
        "onconflicts": {"onstart": keep, "onclose": keep},
    }])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_pass_through_a_float() {
        let mut value: Value =
            serde_json::from_str("[1.0, 9007199254740993, 2.5, -0.0, {\"b\": 1e3}]").unwrap();
        float_numbers(&mut value);
        assert_eq!(value.to_string(), r#"[1,9007199254740992,2.5,-0.0,{"b":1000}]"#);
    }

    #[test]
    fn capabilities_are_filled_and_checked() {
        let mut value = json!({"hardware": [{"cores": 8, "extra": 1}]});
        assert_eq!(fill(&mut value, &capabilities()), Ok(()));
        assert_eq!(value["hardware"][0]["gpu"]["count"], json!(0));
        assert_eq!(value["hardware"][0].get("extra"), None);
        assert_eq!(value["software"], Value::Null);
        for flawed in [json!({"hardware": {}}), json!({"hardware": [{"cores": 1.5}]}), json!(7)] {
            let mut value = flawed.clone();
            assert_eq!(fill(&mut value, &capabilities()), Err(Flaw::Type), "{flawed}");
        }
    }

    #[test]
    fn names_match_in_any_case_and_what_cannot_be_kept_is_refused() {
        let mut value = json!({"Spec": {"FuncName": "f", "kwargs": {"Key": "\0"}}});
        assert_eq!(fold("submitfuncspecmsg", &mut value), Ok(()));
        assert_eq!(value, json!({"spec": {"funcname": "f", "kwargs": {"Key": "\0"}}}));
        let array = &mut json!({"spec": ["a"]});
        assert_eq!(fold("submitfuncspecmsg", array), Err(Flaw::Type));
        assert_eq!(fold("addlogmsg", &mut json!({"message": "a\0"})), Err(Flaw::Nul));
    }
}
