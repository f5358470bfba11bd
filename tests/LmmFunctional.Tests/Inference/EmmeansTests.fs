/// Every case of the R package emmeans' results.
module LmmFunctional.Tests.EmmeansTests

open System.IO
open System.Text.Json
open Expecto
open LmmFunctional
open LmmFunctional.Analysis

// emmeans takes its df from lmerTest and pbkrtest, whose fits stop about 1e-5 from the optimum.
let private tolerance = 1e-4

let private models =
    let oatsMain = "oats", "yield ~ nitroF + Variety + (1 | Block/Variety)"
    let trial = "trial", "score ~ base + arm * visit + (1 | subject)"

    dict [
        "oats-variety-kr", oatsMain
        "oats-nitro-kr", oatsMain
        "oats-cell-satt", ("oats", "yield ~ nitroF * Variety + (1 | Block/Variety)")
        "machines-kr", ("machines", "score ~ Machine + (1 | Worker/Machine)")
        "trial-arm-visit-satt", trial
        "trial-arm-visit-kr", trial
    ]

let private root =
    lazy (JsonDocument.Parse(File.ReadAllText(TestData.reference "emmeans")).RootElement)

let private items (name: string) (element: JsonElement) =
    List.ofSeq (element.GetProperty(name).EnumerateArray())

let private text (name: string) (element: JsonElement) = string (element.GetProperty name)

let private number (name: string) (element: JsonElement) = element.GetProperty(name).GetDouble()

let private find id =
    Seq.find (fun case -> text "id" case = id) (root.Value.EnumerateArray())

let private estimate (found: Result<Estimate, LmmError>) =
    found |> Result.mapError List.singleton |> Inferred.orRaise

let private compare what (pairs: (string * float) list) reference = [
    for name, found in pairs do
        yield! Law.relative $"{what}, {name}" tolerance (number name reference) found
]

let private levels what (found: (string * string) list) reference = [
    for name, level in found do
        yield! Law.isTrue $"{what}: {name} is {level}" (text name reference = level)
]

let Ids = root.Value.EnumerateArray() |> Seq.map (text "id") |> List.ofSeq

[<Tests>]
let tests =
    testList "EmmeansTests" [
        testCases "Means, differences and Tukey's p agree" Ids (fun (id: string) ->
            let case = find id
            let data, formula = models[id]

            let method =
                match text "ddf" case with
                | "satterthwaite" -> DegreesOfFreedomMethod.satterthwaite
                | _ -> Inferred.kr Convention.pbkrtest

            let means =
                Inferred.reml data formula
                |> Inferred.inference method
                |> MarginalMeans.over MarginalOptions.defaults (text "spec" case)
                |> Inferred.orRaise

            let pairs =
                (MarginalContrasts.create MeanContrast.Pairwise None means |> Inferred.orRaise).Contrasts

            let tukey = items "pairs_tukey_p" case |> List.map _.GetDouble()
            Check.equal (items "emmeans" case).Length means.Means.Length
            Check.equal tukey.Length pairs.Length

            Law.assertHolds [
                for mean, reference in List.zip means.Means (items "emmeans" case) do
                    let own = estimate mean.Estimate
                    let what = $"%A{mean.Levels}"
                    yield! levels what (mean.Levels @ mean.Group) reference

                    yield!
                        compare
                            what
                            [
                                "emmean", own.Estimate
                                "SE", own.StandardError
                                "df", own.Df
                                "lower.CL", own.Lower
                                "upper.CL", own.Upper
                            ]
                            reference

                for (contrast, reference), p in List.zip (List.zip pairs (items "pairs" case)) tukey do
                    let own = estimate contrast.Estimate
                    let what = contrast.Name
                    yield! levels what (("contrast", what) :: contrast.Group) reference
                    yield! compare what [ "SE", own.StandardError; "df", own.Df ] reference
                    // A difference near zero is all rounding.
                    let t = number "t.ratio" reference
                    yield! Law.near $"{what}, t" (tolerance * max 1.0 (abs t)) t own.Statistic
                    let raw = number "p.value" reference
                    yield! Law.near $"{what}, p" (tolerance * raw * max 1.0 (-log raw)) raw contrast.RawP.Value
                    // R's ptukey has an error of 1e-8 of its own, and tells nothing below.
                    yield! Law.near $"{what}, Tukey" (1e-7 + tolerance * p * max 1.0 (-log(max p 1e-8))) p own.P
            ])
    ]
