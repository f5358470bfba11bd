/// <summary>The identities of the catalogue on the data sets with reference results.</summary>
module LmmFunctional.Tests.ReferenceIdentityTests

open System.IO
open Expecto
open LmmFunctional
open LmmFunctional.Verification
open LmmFunctional.Properties

// The largest of them that is worth n×n matrices here has 308 rows.
let private limit = 400

/// What fails, or that hardly anything applies.
let private failuresOf least (fit: Fit) =
    let checks = Identities.checkIn (Setting.ofChanged limit id fit)
    let holding = checks |> List.filter (fun check -> check.Holds = Some true)

    [
        for check in Identities.failures checks do
            $"{check.Name}: %A{check.Outcome}"

        if holding.Length < least then
            $"{holding.Length} identities hold, {least} or more are expected"
    ]

let private lmerIds of' =
    Lmer.cases ()
    |> List.filter (fun case -> (Lmer.text "data" case.Root = Some "insteval.csv") = of')
    |> List.map _.Id

let private smallCases () = lmerIds false

// One is enough for a run of all tests: each takes two minutes of processor time.
let private largeCases () = lmerIds true |> List.truncate 1

let private checkCase least id =
    let case = Lmer.cases () |> List.find (fun case -> case.Id = id)
    Law.assertHolds (failuresOf least (Lmer.fit case))

let private nlmeCases () = [
    for id, _, _ in Nlme.cases -> id
    yield! Nlme.flat |> List.map fst
]

let private calves held =
    let orRaise result =
        match result with
        | Ok value -> value
        | Error problems -> invalidOp (problems |> List.map LmmError.describe |> String.concat "; ")

    let pedigree =
        Pedigree.ofRows [ "4", "1", ""; "5", "3", "2"; "6", "1", "2"; "7", "4", "5"; "8", "3", "6" ]
        |> orRaise

    let frame =
        TestFrame.ofColumns [
            "gain", TestFrame.numbers [ 4.5; 2.9; 3.9; 3.5; 5.0 ]
            "sex", TestFrame.texts [ "male"; "female"; "female"; "male"; "male" ]
            "calf", TestFrame.numbers [ 4.0; 5.0; 6.0; 7.0; 8.0 ]
        ]

    let options = {
        FitOptions.defaults with
            Known = Map [ "A", Relationship.ofPedigree pedigree ]
            Held = Map held
    }

    Lmm.fitFormula options frame "gain ~ 0 + sex + known(A | calf)" |> orRaise

[<Tests>]
let tests =
    testList "ReferenceIdentityTests" [
        testCases "every identity holds on lme4's cases" (smallCases ()) (fun (id: string) -> checkCase 15 id)

        // 73,421 rows, up to 4,100 effects, and no n×n matrices.
        testCases "every identity that needs no n×n matrices holds on insteval" (largeCases ()) (fun (id: string) ->
            checkCase 12 id)

        testCases "every identity holds on nlme's cases" (nlmeCases ()) (fun (id: string) ->
            let formula =
                Nlme.cases
                |> List.tryPick (fun (own, formula, _) -> if own = id then Some formula else None)
                |> Option.orElse (Nlme.flat |> List.tryFind (fun (own, _) -> own = id) |> Option.map snd)
                |> Option.get

            let case = Nlme.references.Value |> List.find (fun (own, _) -> own = id) |> snd

            let file =
                Path.GetFileNameWithoutExtension(string (case.GetProperty("data").GetString()))

            // Without n×n matrices less than half of the identities are left; with a range that grows without end R is singular.
            let least = if id = "wheat2-exp" then 0 else 10
            Law.assertHolds (failuresOf least (Nlme.fit file formula)))

        testCase "every case of nlme's results is here" (fun () ->
            Check.equal (Nlme.references.Value |> List.map fst |> List.sort) (nlmeCases () |> List.sort))

        testCases
            "every identity holds on emmeans' cases"
            [
                "oats", "yield ~ nitroF + Variety + (1 | Block/Variety)"
                "oats", "yield ~ nitroF * Variety + (1 | Block/Variety)"
                "machines", "score ~ Machine + (1 | Worker/Machine)"
                "trial", "score ~ base + arm * visit + (1 | subject)"
            ]
            (fun (data, formula) -> Law.assertHolds (failuresOf 15 (Fitted.reml data formula)))

        // SAS PROC MIXED's, of published.md: 537 rows, without n×n matrices.
        testCases
            "every identity holds on the FEV data"
            [
                "us(AVISIT | USUBJID)"
                "us(AVISIT | USUBJID) per ARMCD"
                "ar1(AVISIT | USUBJID)"
                "toep(AVISIT | USUBJID)"
            ]
            (fun (structure) ->
                Fitted.reml "fev" $"FEV1 ~ RACE + SEX + ARMCD * AVISIT; residual = {structure}"
                |> failuresOf 17
                |> Law.assertHolds)

        // Mrode (2014), example 3.1.
        testCase "every identity holds on Mrode's calves with their variances known" (fun () ->
            calves [ "calf.(Intercept)", 20.0; "Residual", 40.0 ]
            |> failuresOf 15
            |> Law.assertHolds)
    ]
