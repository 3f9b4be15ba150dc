//! Requests to language models.

use exp_core::llm_call::LlmCall;
use serde_json::json;

use crate::new_store;

fn call(set: &str, retry: usize) -> LlmCall {
    LlmCall {
        set: set.to_owned(),
        class: "happiness".to_owned(),
        sample: 2,
        retry,
        server: "http://localhost/v1".to_owned(),
        request: json!({"model": "m", "messages": [{"role": "user", "content": "\"?\""}]}),
        status: Some(200),
        response: Some("{\"a\": \"\u{0}\u{1b}[31m\"}".to_owned()),
        fault: None,
        seconds: 0.25,
        prompt_tokens: Some(20),
        completion_tokens: Some(7),
    }
}

#[test]
fn calls_come_back_as_they_were_and_in_order() {
    let (_folder, store) = new_store();
    let unanswered = LlmCall {
        status: None,
        response: None,
        fault: Some("nothing came for 180 s".to_owned()),
        prompt_tokens: None,
        completion_tokens: None,
        ..call("faces", 0)
    };
    let calls = [unanswered, call("faces", 1), call("faces", 2)];
    for call in &calls {
        store.record_llm_call(call).unwrap();
    }
    store.record_llm_call(&call("others", 0)).unwrap();
    assert_eq!(store.llm_calls("faces").unwrap(), calls);
    assert_eq!(store.llm_calls("nothing").unwrap(), []);
}

#[test]
fn several_threads_may_record() {
    let (_folder, store) = new_store();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let store = &store;
            scope.spawn(move || {
                for retry in 0..5 {
                    store
                        .record_llm_call(&call("faces", 10 * thread + retry))
                        .unwrap();
                }
            });
        }
    });
    let retries = store.llm_calls("faces").unwrap();
    let mut retries: Vec<usize> = retries.iter().map(|call| call.retry).collect();
    retries.sort_unstable();
    let expected: Vec<usize> = (0..4)
        .flat_map(|t| (0..5).map(move |r| 10 * t + r))
        .collect();
    assert_eq!(retries, expected);
}
