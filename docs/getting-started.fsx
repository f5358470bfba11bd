(**
# Getting started

From a CSV file to a fitted model, in the order of the work. The page is a script: after a build (`dotnet fsi
build.fsx demo` makes one) run it from anywhere with

    dotnet fsi docs/getting-started.fsx

The library comes from the folder of the command line, because there it stands together with the packages it needs.
*)
#r "../src/LmmFunctional.Cli/bin/Release/net10.0/LmmFunctional.dll"

open LmmFunctional
open LmmFunctional.Dsl
open LmmFunctional.Estimation
open LmmFunctional.Analysis

(**
## Data

`Csv.read` gives a `Frame`, or every problem of the file with its line and column. A column of numbers is numeric, any
other is categorical with its levels in ordinal order; `NA`, `NaN` and an empty cell are missing. A frame also comes
from records (`Records.toFrame`), from a database (`DataReader.toFrame`) and from arrays (`Frame.ofColumns`).

Nothing that a user can get wrong throws: such functions return `Result<_, LmmError list>`. A script has nothing
better to do with problems than to show them and stop, so one function takes the value out.
*)
let orStop result =
    match result with
    | Ok value -> value
    | Error problems ->
        problems |> List.iter (LmmError.describe >> eprintfn "%s")
        exit 1

let data = __SOURCE_DIRECTORY__ + "/../tests/data/"
let sleepstudy = Csv.read (data + "sleepstudy.csv") |> orStop

printfn "%d rows of %A" sleepstudy.Rows (Frame.names sleepstudy)
(*** include-output ***)

(**
## A model, two ways

The reaction time of 18 subjects on ten days of little sleep; intercept and slope vary from subject to subject. As
text, in the language of R and lme4:
*)
let fromText = Formula.parse "Reaction ~ Days + (Days | Subject)" |> orStop

(**
In code, where nothing is implied and the intercept is written:
*)
let fromWords =
    lmm {
        response "Reaction"
        fixed' (intercept + col "Days")
        random (intercept + col "Days" |> by "Subject")
    }

(**
Both are the same immutable value, an `LmmSpec`; printing shows what is implied and parses back.
*)
printfn "%b: %s" (fromText = fromWords) (Formula.print fromWords)
(*** include-output ***)

(**
Clauses are ordinary code, so a loop or a condition is too:
*)
let nested factors =
    lmm {
        response "strength"
        fixed' intercept

        for depth in 1 .. List.length factors do
            random (intercept |> byInteraction (List.truncate depth factors))
    }

printfn "%s" (nested [ "batch"; "cask" ] |> Formula.print)
(*** include-output ***)

(**
## A fit

`FitOptions.defaults` is REML by average information. Other options are other records:
*)
let byMaximumLikelihood = {
    FitOptions.defaults with
        Criterion = Criterion.Ml
}

let fit = Lmm.fit FitOptions.defaults sleepstudy fromWords |> orStop
let fitByMl = Lmm.fit byMaximumLikelihood sleepstudy fromWords |> orStop

Summary.print fit
(*** include-output ***)

(**
`Summary.render SummaryFormat.Markdown fit` is the same for a report.

## What is in a fit

Fixed effects, named as R names them:
*)
for c in fit.Coefficients do
    printfn "%-12s %10.4f  se %8.4f  t %7.3f" c.Name c.Estimate c.StandardError c.Statistic
(*** include-output ***)

(**
Variance components: `Covariance` is a variance or covariance in squared units of the response, `StandardDeviation`
its root, or the correlation where there are two effects.
*)
for v in fit.VarianceComponents do
    let effects = [ v.First; v.Second ] |> List.choose id |> String.concat ", "
    printfn "%-9s %-18s %10.4f %9.4f" v.Group effects v.Covariance v.StandardDeviation
(*** include-output ***)

(**
Criteria. `CriterionValue` is −2 log likelihood (restricted under REML) with all constants, as lme4 and SAS report it;
degrees of freedom count p, the covariance parameters and σ².
*)
printfn
    "REML: -2 log likelihood %.4f, df %d, AIC %.4f"
    fit.CriterionValue
    fit.DegreesOfFreedom
    fit.InformationCriteria.Aic

printfn
    "ML:   -2 log likelihood %.4f, df %d, AIC %.4f"
    fitByMl.CriterionValue
    fitByMl.DegreesOfFreedom
    fitByMl.InformationCriteria.Aic
(*** include-output ***)

(**
Random effects: for each term of the model the conditional modes, with their standard deviations given the data and
the fixed effects. Rows are levels, columns are effects.
*)
let bySubject = Fit.randomEffects fit |> List.head

printfn "%-8s %s" bySubject.Group (String.concat ", " bySubject.Effects)

for level in 0..2 do
    printfn
        "%-8s %9.4f (%.4f)  %8.4f (%.4f)"
        bySubject.Levels[level]
        bySubject.Modes[level, 0]
        bySubject.StandardDeviations[level, 0]
        bySubject.Modes[level, 1]
        bySubject.StandardDeviations[level, 1]
(*** include-output ***)

(**
Fitted values (random effects and offset included) and residuals, one for each row used; `fit.Design.UsedRows` tells which
rows of the frame those are.
*)
let fitted = Fit.fitted fit
let residuals = Fit.residuals fit
printfn "first row: fitted %.4f, residual %.4f" fitted[0] residuals[0]
(*** include-output ***)

(**
## The way to the optimum

A fit keeps its iterations: immutable records of parameters, criterion, gradient, step and where they stand.
*)
for i in fit.Iterations do
    printfn "%d  %.10f  decrement %.2g  %A" i.Number i.Criterion i.Decrement i.Progress
(*** include-output ***)

(**
`Lmm.fit` only folds that sequence, and each of its parts is open. `Solver.iterations` is lazy: taking one more
element is one more step, and any element can be made a fit, with a certificate that says what it is worth.
*)
let design = Design.build fromWords sleepstudy |> orStop
let likelihood = LogLikelihood.create Criterion.Reml design |> orStop

let early =
    Solver.iterations SolverOptions.defaults likelihood.Objective
    |> Seq.item 1
    |> Fit.ofIteration likelihood

printfn "after one step: converged %b, decrement %.2g" early.Certificate.IsConverged early.Certificate.NewtonDecrement
(*** include-output ***)

(**
## The certificate

Every fit carries the evidence that it is at an optimum, as data and not as a warning: the largest derivative, the
Newton decrement g'H⁻¹g (twice what the criterion may still fall, in −2 log likelihood units), the eigenvalues of the
second derivatives with their diagonal scaled to one, and for each variance at its bound the derivative by that
variance.
*)
let describe (fit: Fit) =
    match fit.Certificate.Verdict with
    | Verdict.Optimum -> "an optimum inside the parameter space"
    | Verdict.BoundaryOptimum names -> $"""an optimum at the bound of: {String.concat ", " names}"""
    | Verdict.FlatDirection names -> $"""not unique along: {String.concat ", " names}"""
    | Verdict.NotConverged reason -> $"no optimum: {reason}"

let show (fit: Fit) =
    printfn "%s; gradient %.1g, decrement %.1g" (describe fit) fit.Certificate.Gradient fit.Certificate.NewtonDecrement

show fit
(*** include-output ***)

(**
A variance of zero is an answer, not a failure. In these simulated data the batches differ by less than chance would
make them:
*)
let dyestuff2 = Csv.read (data + "dyestuff2.csv") |> orStop

let singular =
    Lmm.fitFormula FitOptions.defaults dyestuff2 "Yield ~ 1 + (1 | Batch)" |> orStop

show singular

for name, derivative in singular.Certificate.Multipliers do
    printfn "%s is at zero; -2 log likelihood rises by %.4f per unit of its relative variance" name derivative
(*** include-output ***)

(**
## Problems are values

All problems that can be found together are told together, each with what to try.
*)
for formula in [ "Reacton ~ Dys + (1 | Subject)"; "Reaction ~ Days + (Days | Subject" ] do
    match Lmm.fitFormula FitOptions.defaults sleepstudy formula with
    | Ok _ -> printfn "fitted"
    | Error problems -> problems |> List.iter (LmmError.describe >> printfn "%s")
(*** include-output ***)
