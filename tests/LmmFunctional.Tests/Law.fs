namespace LmmFunctional.Tests

open Expecto
open FsCheck
open FsCheck.FSharp

/// <summary>Laws about numbers, whose failures carry the numbers: a check gives no text when it holds.</summary>
[<RequireQualifiedAccess>]
module Law =

    /// How often a property is tried.
    let config = {
        FsCheckConfig.defaultConfig with
            maxTest = 100
    }

    /// How often a property is tried that takes long, or is cheap.
    let tries count = { config with maxTest = count }

    /// Nothing, or what was found in place of what.
    let near what (allowed: float) (expected: float) (actual: float) = [
        // Written so that a NaN fails.
        if not (abs (expected - actual) <= allowed) && expected <> actual then
            $"{what}: expected {expected:R}, found {actual:R}, {abs (expected - actual):E2} apart where {allowed:E2} is allowed"
    ]

    /// As near, with the tolerance relative to the expected value.
    let relative what tolerance (expected: float) actual =
        near what (tolerance * abs expected) expected actual

    /// The element of a sequence that differs most.
    let nearAll what (allowed: float) (expected: float seq) (actual: float seq) =
        let pairs = Seq.zip expected actual |> Array.ofSeq

        [
            if Seq.length expected <> Seq.length actual then
                $"{what}: {Seq.length expected} values expected, {Seq.length actual} found"

            if pairs.Length > 0 then
                let distance (e: float, a: float) =
                    let d = abs (e - a) in if d >= 0.0 || e = a then d else infinity

                let index = Seq.init pairs.Length id |> Seq.maxBy (fun i -> distance pairs[i])
                yield! near $"{what}[{index}]" allowed (fst pairs[index]) (snd pairs[index])
        ]

    /// As nearAll, with the tolerance relative to the largest expected value.
    let relativeAll what tolerance (expected: float seq) actual =
        nearAll what (tolerance * Seq.fold (fun largest v -> max largest (abs v)) 0.0 expected) expected actual

    /// Nothing, or that a value is above its limit.
    let atMost what (limit: float) (value: float) = [
        if not (value <= limit) then
            $"{what}: {value:R} is above {limit:R}"
    ]

    /// Nothing, or that something is not so.
    let isTrue (what: string) condition = [
        if not condition then
            what
    ]

    /// The law holds when no check failed.
    let holds (failures: string list) : Property =
        failures.IsEmpty |> Prop.label (String.concat "\n" failures)

    /// As holds, outside properties.
    let assertHolds (failures: string list) =
        if not failures.IsEmpty then
            failtest (String.concat "\n" failures)
