use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair};
use serde_json::{Value, json};

use super::*;

const NOW: i64 = 1_800_000_000;

fn encoded(bytes: &[u8]) -> String {
    BASE64URL_NOPAD.encode(bytes)
}

fn signer() -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap()
}

fn set() -> Vec<Key> {
    let jwk = json!({"kty": "OKP", "crv": "Ed25519", "kid": "one", "x": encoded(signer().public_key().as_ref())});
    keys(json!({"keys": [jwk]}).to_string().as_bytes()).unwrap()
}

fn claims() -> Value {
    json!({"iss": "https://id.example.org", "sub": "248", "aud": "dg", "exp": NOW + 300, "iat": NOW, "nonce": "n"})
}

fn message(header: &Value, claims: &Value) -> String {
    format!("{}.{}", encoded(header.to_string().as_bytes()), encoded(claims.to_string().as_bytes()))
}

fn signed(header: &Value, claims: &Value) -> String {
    let message = message(header, claims);
    format!("{message}.{}", encoded(signer().sign(message.as_bytes()).as_ref()))
}

fn read(token: &str, keys: &[Key]) -> Result<Claims, Fault> {
    let now = Micros::new(NOW * 1_000_000);
    verify(token, keys, &Expected { issuer: "https://id.example.org", client_id: "dg", nonce: "n", now })
}

fn check(change: &[(&str, Value)]) -> Result<String, Fault> {
    let mut claims = claims();
    for (key, value) in change {
        claims[*key] = value.clone();
    }
    read(&signed(&json!({"alg": "EdDSA", "kid": "one"}), &claims), &set()).map(|claims| claims.sub)
}

#[test]
fn each_claim_counts() {
    assert_eq!(check(&[]).unwrap(), "248");
    assert_eq!(check(&[("iss", json!("https://id.example.org/"))]), Err(Fault::Issuer));
    assert_eq!(check(&[("aud", json!("other"))]), Err(Fault::Audience));
    assert_eq!(check(&[("aud", json!([]))]), Err(Fault::Audience));
    assert!(check(&[("aud", json!(["dg"]))]).is_ok());
    assert_eq!(check(&[("aud", json!(["dg", "other"]))]), Err(Fault::AuthorizedParty));
    assert!(check(&[("aud", json!(["dg", "other"])), ("azp", json!("dg"))]).is_ok());
    assert_eq!(check(&[("azp", json!("other"))]), Err(Fault::AuthorizedParty));
    assert!(check(&[("exp", json!(NOW - 59))]).is_ok());
    assert_eq!(check(&[("exp", json!(NOW - 61))]), Err(Fault::Expired));
    assert!(check(&[("iat", json!(NOW + 59))]).is_ok());
    assert_eq!(check(&[("iat", json!(NOW + 61))]), Err(Fault::IssuedAt));
    assert_eq!(check(&[("iat", json!(NOW - 661))]), Err(Fault::IssuedAt));
    assert_eq!(check(&[("nbf", json!(NOW + 61))]), Err(Fault::NotYet));
    assert_eq!(check(&[("nonce", json!("other"))]), Err(Fault::Nonce));
    assert_eq!(check(&[("nonce", Value::Null)]), Err(Fault::Nonce));
    assert_eq!(check(&[("sub", json!(""))]), Err(Fault::Subject));
    assert_eq!(check(&[("sub", json!("x".repeat(256)))]), Err(Fault::Subject));
    for (missing, value) in [("exp", Value::Null), ("iat", Value::Null), ("exp", json!("never")), ("aud", json!(1))] {
        assert_eq!(check(&[(missing, value)]), Err(Fault::Malformed), "{missing}");
    }
}

#[test]
fn only_signatures_of_the_issuers_keys_count() {
    let header = |alg: &str, kid: &str| json!({"alg": alg, "kid": kid});
    let good = signed(&header("EdDSA", "one"), &claims());
    assert!(read(&good, &set()).is_ok());
    assert!(read(&signed(&json!({"alg": "EdDSA"}), &claims()), &set()).is_ok());
    assert_eq!(read(&good, &[]).unwrap_err(), Fault::UnknownKey);
    assert_eq!(read(&signed(&header("EdDSA", "two"), &claims()), &set()).unwrap_err(), Fault::UnknownKey);
    for alg in ["none", "None", "", "HS256", "HS384", "HS512", "RS384", "PS256", "ES384", "eddsa"] {
        for token in [signed(&header(alg, "one"), &claims()), format!("{}.", message(&header(alg, "one"), &claims()))] {
            assert_eq!(read(&token, &set()).unwrap_err(), Fault::Algorithm, "{alg}");
        }
    }
    // A key is of one kind.
    for alg in ["RS256", "ES256"] {
        assert_eq!(read(&signed(&header(alg, "one"), &claims()), &set()).unwrap_err(), Fault::UnknownKey, "{alg}");
    }
    let mut other = claims();
    other["sub"] = json!("249");
    let (_, signature) = good.rsplit_once('.').unwrap();
    let altered = format!("{}.{signature}", message(&header("EdDSA", "one"), &other));
    assert_eq!(read(&altered, &set()).unwrap_err(), Fault::Signature);
    let unsigned = format!("{}.", message(&header("EdDSA", "one"), &claims()));
    assert_eq!(read(&unsigned, &set()).unwrap_err(), Fault::Signature);
    let critical = json!({"alg": "EdDSA", "kid": "one", "crit": ["b64"], "b64": false});
    assert_eq!(read(&signed(&critical, &claims()), &set()).unwrap_err(), Fault::Malformed);
    for nonsense in ["", ".", "..", "a.b", "a.b.c", "a.b.c.d", &good[1..], &format!("{good}=")] {
        assert_eq!(read(nonsense, &set()).unwrap_err(), Fault::Malformed, "{nonsense}");
    }
    // Without a name, two keys that fit are one too many.
    let two = [set(), set()].concat();
    assert_eq!(read(&signed(&json!({"alg": "EdDSA"}), &claims()), &two).unwrap_err(), Fault::UnknownKey);
}

#[test]
fn elliptic_curves_of_the_nist_count_too() {
    let random = SystemRandom::new();
    let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref(), &random).unwrap();
    let point = pair.public_key().as_ref();
    let jwk = json!({"kty": "EC", "crv": "P-256", "x": encoded(&point[1..33]), "y": encoded(&point[33..])});
    let keys = keys(json!({"keys": [jwk]}).to_string().as_bytes()).unwrap();
    let message = message(&json!({"alg": "ES256", "kid": null}), &claims());
    let signature = pair.sign(&random, message.as_bytes()).unwrap();
    assert!(read(&format!("{message}.{}", encoded(signature.as_ref())), &keys).is_ok());
    let mut wrong = signature.as_ref().to_vec();
    wrong[3] ^= 1;
    assert_eq!(read(&format!("{message}.{}", encoded(&wrong)), &keys).unwrap_err(), Fault::Signature);
}

/// The key and the signature of RFC 7515, appendix A.2: RS256 as others make it.
#[test]
fn a_signature_of_the_standard_is_recognised() {
    let n = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
    let message = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    let signature = "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
    let set = json!({"keys": [{"kty": "RSA", "n": n, "e": "AQAB"}]}).to_string();
    let key = keys(set.as_bytes()).unwrap().remove(0);
    let signature = BASE64URL_NOPAD.decode(signature.as_bytes()).unwrap();
    assert!(key.verifies(message.as_bytes(), &signature));
    assert!(!key.verifies(&message.as_bytes()[1..], &signature));
    // Its claims are not an ID token's.
    assert_eq!(read(&format!("{message}.{}", encoded(&signature)), &[key]).unwrap_err(), Fault::Malformed);
}

#[test]
fn keys_for_other_uses_are_passed_over() {
    let x = encoded(&[1; 32]);
    let okp = |more: Value| {
        let mut jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": x});
        for (key, value) in more.as_object().unwrap() {
            jwk[key] = value.clone();
        }
        keys(json!({"keys": [jwk]}).to_string().as_bytes()).unwrap().len()
    };
    assert_eq!(okp(json!({"use": "sig", "alg": "EdDSA"})), 1);
    assert_eq!(okp(json!({"use": "enc"})), 0);
    assert_eq!(okp(json!({"alg": "RS256"})), 0);
    assert_eq!(okp(json!({"crv": "X25519"})), 0);
    assert_eq!(okp(json!({"kty": "oct", "k": "c2VjcmV0"})), 0);
    assert_eq!(okp(json!({"x": "not base64"})), 0);
    assert!(keys(b"{}").is_err() && keys(b"[]").is_err());
}

#[test]
fn an_address_counts_when_it_was_verified() {
    let email = |verified: Value| {
        let mut claims = claims();
        claims["email"] = json!("ana@example.org");
        claims["email_verified"] = verified;
        let claims = read(&signed(&json!({"alg": "EdDSA"}), &claims), &set()).unwrap();
        claims.verified_email().map(str::to_owned)
    };
    assert_eq!(email(json!(true)).as_deref(), Some("ana@example.org"));
    assert_eq!(email(json!("true")).as_deref(), Some("ana@example.org"));
    for no in [json!(false), json!("false"), Value::Null, json!(1)] {
        assert_eq!(email(no), None);
    }
}
