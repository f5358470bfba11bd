/// <summary>What is wrong with a fit that has a structure of its own is seen by the identities that should see it.</summary>
module LmmFunctional.Tests.StructuredMutationTests

open Expecto
open LmmFunctional
open LmmFunctional.Verification
open LmmFunctional.Properties

let private serial =
    lazy Fitted.reml "sleepstudy" "Reaction ~ Days + (1 | Subject); residual = ar1(Days | Subject)"

let private patterned =
    lazy Fitted.reml "orthodont" "distance ~ age * Sex; residual = us(age | Subject)"

let private structured =
    lazy Fitted.reml "orthodont" "distance ~ age * Sex + csh(1 + age | Subject)"

let private random held text =
    lazy
        RandomModel.fit {
            Seed = 11
            Rows = 60
            Fixed = "x"
            Random = text
            Criterion = Criterion.Reml
            Size = 2.0
            HasWeights = true
            HasOffset = false
            IsBalanced = false
            Residual = ""
            Held = held
        }

let private related = random [] "known(A | a) + (1 | g)"

let private held =
    random [ "Residual", 1.0; "g.(Intercept)", 4.0 ] "(1 | g) + (1 | h)"

let private heldBeside =
    random [ "Residual", 1.0; "g.(Intercept)", 4.0 ] "cs(0 + f | h) + (1 | g)"

// A term whose variance is zero.
let private atBound = lazy Fitted.reml "dyestuff2" "Yield ~ 1 + (1 | Batch)"

let private claims (fit: Lazy<Fit>) change () =
    Setting.ofChanged Setting.denseRows change fit.Value

/// R of a setting changed where it is applied, but not where it is formed.
let private withResidual (fit: Lazy<Fit>) change () =
    let right = Setting.ofFit fit.Value

    {
        right with
            Model = {
                right.Model with
                    Residual = {
                        right.Model.Residual with
                            Blocks = right.Model.Residual.Blocks |> Array.map change
                    }
            }
    }

let private scaleLast factor (values: float[]) =
    values
    |> Array.mapi (fun k value -> if k = values.Length - 1 then factor * value else value)

let private curvature kind (claims: Claims) = {
    claims with
        Curvature =
            fun information ->
                let found = claims.Curvature information

                if information = kind then
                    let last = found.RowCount - 1
                    found.MapIndexed(fun i j value -> if i = last && j = last then 1.01 * value else value)
                else
                    found
}

let private byParameters (c: Claims) = {
    c with
        ResidualParameters = scaleLast 1.01 c.ResidualParameters
}

let private byFactors (c: Claims) = {
    c with
        Factors = c.Factors |> List.map (fun factor -> 1.01 * factor)
}

let private mutations: (string * (unit -> Setting) * string list) list = [
    "κ_R of ar1 by 1 %",
    claims serial byParameters,
    [
        "score"
        "residual variance"
        "Henderson's equations"
        "GLS normal equations"
        "variance of β̂"
        "BLUP"
        "BLUP is shrinkage"
        "conditional residuals"
        "effects given the data"
        "errors of BLUP"
        "likelihood by V"
        "likelihood by C"
        "likelihood of error contrasts"
        "likelihood with u integrated out"
        "summation over independent blocks"
        "observed information"
        "expected information"
        "average information"
        "score by C"
    ]
    "κ_R of us by 1 %",
    claims patterned byParameters,
    [
        "score"
        "residual variance"
        "GLS normal equations"
        "variance of β̂"
        "conditional residuals"
        "likelihood by V"
        "observed information"
        "score by V"
    ]
    "κ_R of us by 1 %, by independent blocks",
    (fun () -> Setting.ofChanged 0 byParameters patterned.Value),
    [
        "score"
        "score by V"
        "observed information"
        "expected information"
        "average information"
        "summation over independent blocks"
    ]
    "κ_R of ar1 by 1 %, by independent blocks",
    (fun () -> Setting.ofChanged 0 byParameters serial.Value),
    [
        "score"
        "score by V"
        "observed information"
        "expected information"
        "average information"
        "BLUP"
    ]
    "the score of κ_R by 0.1 %",
    claims serial (fun c -> {
        c with
            Gradient = scaleLast 1.001 c.Gradient
    }),
    [ "score by V" ]
    "the observed information of κ_R by 1 %", claims serial (curvature Information.Observed), [ "observed information" ]
    "the expected information of κ_R by 1 %", claims serial (curvature Information.Expected), [ "expected information" ]
    "the average information of κ_R by 1 %",
    claims serial (curvature Information.Average),
    [ "average information"; "absorption of the mixed model equations" ]
    "the average information of us by 1 %",
    claims patterned (curvature Information.Average),
    [ "average information"; "average information is the mean" ]
    "R where it is applied by 1 %",
    withResidual serial (fun block -> {
        block with
            Covariance = 1.01 * block.Covariance
    }),
    [ "conditional residuals"; "joint variance of u and y"; "PVP = P" ]
    "R⁻¹ where it is applied by 1 %",
    withResidual serial (fun block -> {
        block with
            Precision = 1.01 * block.Precision
    }),
    [
        "Woodbury"
        "P by Henderson's matrix"
        "likelihood with u integrated out"
        "absorption of the mixed model equations"
    ]
    "κ_G of csh by 1 %",
    claims structured byFactors,
    [
        "score"
        "residual variance"
        "variance of β̂"
        "BLUP"
        "BLUP is shrinkage"
        "effects given the data"
        "errors of BLUP"
        "likelihood by V"
        "observed information"
        "score by V"
    ]
    "G of related levels by 1 %",
    claims related byFactors,
    [
        "score"
        "BLUP"
        "effects given the data"
        "errors of BLUP"
        "likelihood by V"
        "likelihood by C"
        "score by V"
    ]
    "ũ of related levels by 0.1 %",
    claims related (fun c -> {
        c with
            Effects = c.Effects |> Array.map (Array.map ((*) 1.001))
    }),
    [ "Henderson's equations"; "BLUP"; "score by C" ]
    "G of held variances by 1 %",
    claims held byFactors,
    [ "score"; "BLUP"; "likelihood by V"; "score by V"; "observed information" ]
    "σ that is held by 1 %",
    claims held (fun c -> { c with Sigma = 1.01 * c.Sigma }),
    [ "BLUP"; "likelihood by V"; "likelihood with u integrated out"; "score by V" ]
    "a variance of zero where the likelihood wants it positive",
    claims serial (fun c -> {
        c with
            Factors = c.Factors |> List.map (fun factor -> 0.0 * factor)
    }),
    [ "Kuhn-Tucker conditions" ]
]

let private names () =
    mutations |> List.map (fun (name, _, _) -> name)

let private fits: (string * Lazy<Fit> * int) list = [
    "ar1", serial, 33
    "us", patterned, 24
    "csh", structured, 33
    "known", related, 33
    "held", held, 30
    "held beside cs", heldBeside, 30
    "dyestuff2", atBound, 35
]

let private fitNames () =
    fits |> List.map (fun (name, _, _) -> name)

[<Tests>]
let tests =
    testList "StructuredMutationTests" [
        testCases "all that applies holds before anything is changed" (fitNames ()) (fun (name: string) ->
            let _, fit, least = fits |> List.find (fun (own, _, _) -> own = name)
            let checks = Identities.check fit.Value

            Law.assertHolds [
                for check in Identities.failures checks do
                    $"{check.Name}: %A{check.Outcome}"

                let holding = checks |> List.filter (fun check -> check.Holds = Some true)

                if holding.Length < least then
                    $"{holding.Length} hold, {least} or more are expected"
            ])

        testCases "a change is seen by the identities that should see it" (names ()) (fun (name: string) ->
            let _, change, expected = mutations |> List.find (fun (own, _, _) -> own = name)

            let seen = Identities.checkIn (change ()) |> Identities.failures |> List.map _.Name

            Law.assertHolds [
                for identity in expected do
                    if not (List.contains identity seen) then
                        let all = String.concat "; " seen
                        $"'{identity}' does not see it; these do: {all}"
            ])
    ]
