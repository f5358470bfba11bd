namespace LmmFunctional.Tests

open System
open Expecto

/// <summary>Checks that print what they found. Expecto's <c>Expect</c> has others, which ask for words.</summary>
[<RequireQualifiedAccess>]
module Check =

    /// Two values are equal.
    let equal (expected: 'a) (actual: 'a) =
        // NaN equals itself here.
        if not (actual = expected || obj.Equals(actual, expected)) then
            Expect.equal actual expected "the value"

    let isTrue condition =
        if not condition then
            failtest "expected true, found false"

    let isFalse condition =
        if condition then
            failtest "expected false, found true"

    /// A number lies between two others, or on one of them.
    let isWithin (lower: float) (upper: float) value =
        if not (lower <= value && value <= upper) then
            failtest $"expected a number between {lower:R} and {upper:R}, found {value:R}"

    let isEmpty (values: 'a seq) =
        if not (Seq.isEmpty values) then
            failtest $"expected nothing, found %A{values}"

    let isNotEmpty (values: 'a seq) =
        if Seq.isEmpty values then
            failtest "expected something, found nothing"

    let private text relation (part: string) holds (whole: string | null) =
        match whole with
        | null -> failtest $"expected a text that {relation} '{part}', found none"
        | whole ->
            if not (holds whole) then
                failtest $"expected a text that {relation} '{part}', found:\n{whole}"

    let contains (part: string) (whole: string | null) =
        text "contains" part (fun whole -> whole.Contains(part, StringComparison.Ordinal)) whole

    let lacks (part: string) (whole: string | null) =
        text "lacks" part (fun whole -> not (whole.Contains(part, StringComparison.Ordinal))) whole

    let startsWith (part: string) (whole: string | null) =
        text "starts with" part (fun whole -> whole.StartsWith(part, StringComparison.Ordinal)) whole

    let endsWith (part: string) (whole: string | null) =
        text "ends with" part (fun whole -> whole.EndsWith(part, StringComparison.Ordinal)) whole
