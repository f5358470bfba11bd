/// <summary>What data cannot tell about structured residuals: refused, or fitted with the direction named; exact texts.</summary>
module LmmFunctional.Tests.IdentificationTests

open System
open Expecto
open LmmFunctional
open LmmFunctional.Analysis

/// Rows of subject, arm and visit with responses that have nothing special.
let private frame (rows: (string * string * string) list) =
    let random = Random 11
    let column choose = TestFrame.texts (List.map choose rows)

    TestFrame.ofColumns [
        "subject", column (fun (subject, _, _) -> subject)
        "arm", column (fun (_, arm, _) -> arm)
        "visit", column (fun (_, _, visit) -> visit)
        "y", TestFrame.numbers (rows |> List.map (fun _ -> 10.0 + random.NextDouble()))
    ]

let private subjects count visitsOf = [
    for i in 1..count do
        for visit in visitsOf i -> $"s{i}", (if i % 2 = 0 then "A" else "B"), visit
]

let private fit frame formula =
    Lmm.fitFormula FitOptions.defaults frame formula

let private problems frame formula =
    match fit frame formula with
    | Ok fit -> [ $"{fit.Certificate.Verdict}" ]
    | Error problems -> problems |> List.map LmmError.describe

/// The line of a report that tells how a fit ended.
let private verdict (fit: Fit) =
    let lines = (Summary.render SummaryFormat.Text fit).Split '\n' |> Array.map _.Trim()

    lines
    |> Array.find (fun line -> line.StartsWith "flat" || line.StartsWith "not conv" || line.StartsWith "opt")

let private verdictOf frame formula =
    match fit frame formula with
    | Ok fit -> verdict fit
    | Error problems ->
        problems
        |> List.map LmmError.describe
        |> String.concat
            "
"

let private full = subjects 13 (fun _ -> [ "V1"; "V2"; "V3" ])

/// Few rows whose fitted values jump between two sets, each of which has the other for its variances.
let private jumping =
    lazy
        (TestFrame.ofColumns [
            "g", TestFrame.texts [ "1"; "2"; "3"; "0"; "1"; "2"; "3"; "0"; "1" ]
            "x", TestFrame.numbers [ 1.0 .. 9.0 ]
            "y", TestFrame.numbers [ 0.4; 1.9; 3.1; 2.6; 1.7; 1.4; 3.8; 0.4; 2.6 ]
        ])

[<Tests>]
let tests =
    testList "IdentificationTests" [
        testCases
            "an unstructured visit that is seen once is named with its row"
            [ "y ~ 1"; "y ~ visit" ]
            (fun (fixedPart: string) ->
                let expected = [
                    "visit 'V9' is seen once, in row 40: its variance cannot be estimated by 'us(visit | subject)'; "
                    + "leave this row out, or take a structure with fewer variances and correlations, such as cs or ar1."
                ]

                // Beside other visits of its subject, and alone.
                for subject in [ "s1"; "s99" ] do
                    problems (frame (full @ [ subject, "A", "V9" ])) $"{fixedPart}; residual = us(visit | subject)"
                    |> Texts.equal expected)

        testCase "a visit seen once in an arm is named when the arms have matrices of their own" (fun () ->
            let data =
                frame (
                    subjects 14 (fun i -> [
                        "V1"
                        "V2"
                        if i < 4 then
                            "V3"
                    ])
                )

            // Subjects 1 and 3 in one arm, subject 2 in the other, whose visits are rows 4 to 6.
            problems data "y ~ arm; residual = us(visit | subject) per arm"
            |> Texts.equal [
                "visit 'V3' is seen once for arm 'A', in row 6: its variance cannot be estimated by 'us(visit | subject)'; "
                + "leave this row out, or take a structure with fewer variances and correlations, such as cs or ar1."
            ])

        // A covariance that no subject shows is in no likelihood: the fit stands, and this element of its matrix does not.
        testCase "visits that are never seen together are named" (fun () ->
            let chain =
                frame (subjects 40 (fun i -> if i % 2 = 0 then [ "V1"; "V2" ] else [ "V2"; "V3" ]))

            let apart =
                frame (subjects 40 (fun i -> if i % 2 = 0 then [ "V1"; "V2" ] else [ "V3"; "V4" ]))

            Texts.equal [
                "flat direction, estimates are not unique: Residual.cor(V1,V3)"
                "flat direction, estimates are not unique: Residual.cor(V1,V3), Residual.cor(V1,V4), "
                + "Residual.cor(V2,V3), Residual.cor(V2,V4)"
                "flat direction, estimates are not unique: Residual.rho2"
            ] [
                verdictOf chain "y ~ visit; residual = us(visit | subject)"
                verdictOf apart "y ~ visit; residual = us(visit | subject)"
                verdictOf chain "y ~ 1; residual = toeph(visit | subject)"
            ])

        testCase "a variance that a fixed effect takes the only row of is named" (fun () ->
            let data = frame (full @ [ "s1", "A", "V9" ])

            problems data "y ~ visit; residual = csh(visit | subject)"
            |> Texts.equal [
                "visit 'V9' is seen once, in row 40: its variance cannot be estimated by 'csh(visit | subject)'; "
                + "leave this row out, or take a structure with fewer variances and correlations, such as cs or ar1."
            ])

        testCase "a range without end is named with what goes along with it" (fun () ->
            verdictOf (TestFrame.read "wheat2") "yield ~ variety; residual = sp_exp(latitude + longitude) + nugget"
            |> List.singleton
            |> Texts.equal [ "flat direction, estimates are not unique: Residual.range, Residual.nugget" ])

        testCase "variances by fitted values that do not settle say so" (fun () ->
            let words = verdictOf jumping.Value "y ~ x + (1 | g); residual = varpower(fitted())"

            Texts.equal [
                "not converged, the fitted values that the residual variance depends on do not settle in 50 fits"
            ] [ words ])

        // Effects of three kinds, the third correlated negatively with the others: csh has no such matrix.
        testCase "a structure without the signs of the data says so" (fun () ->
            let random = Random 1

            let normal () =
                sqrt (-2.0 * log (1.0 - random.NextDouble()))
                * cos (2.0 * Math.PI * random.NextDouble())

            let rows = [
                for g in 1..40 do
                    let shared = 0.8 * normal ()
                    let own () = 0.6 * normal ()
                    let effects = [ 1.5 * (shared + own ()); shared + own (); -0.6 * (shared + own ()) ]

                    for kind in 0..2 do
                        for _ in 1..3 -> $"g{g}", $"k{kind}", 10.0 + effects[kind] + normal ()
            ]

            let data =
                TestFrame.ofColumns [
                    "g", TestFrame.texts (rows |> List.map (fun (g, _, _) -> g))
                    "kind", TestFrame.texts (rows |> List.map (fun (_, kind, _) -> kind))
                    "y", TestFrame.numbers (rows |> List.map (fun (_, _, y) -> y))
                ]

            Texts.equal [
                "not converged, correlations of 'g' differ in sign, as its structure does not allow; take us or ad1"
                "optimum"
            ] [
                verdictOf data "y ~ kind + csh(0 + kind | g)"
                verdictOf data "y ~ kind + ad1(0 + kind | g)"
            ])
    ]
