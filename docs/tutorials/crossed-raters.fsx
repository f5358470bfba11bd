(**
# Crossed raters

At ETH Zürich students rate their lecturers from 1 to 5. The data have 73,421 ratings of 1,128 lecturers by 2,972
students: each student rates several lecturers, each lecturer is rated by many students, and neither is nested in the
other. How much of a rating is the lecturer, how much the student, and how many ratings does a fair mean need?

Run the script after a build: `dotnet fsi docs/tutorials/crossed-raters.fsx`.
*)
#load "common.fsx"

open LmmFunctional
open LmmFunctional.Analysis

let ratings = data "insteval"

(**
## The model

`s` is the student, `d` the lecturer, and `service` is 1 for lectures given to another department. The combination of
department and kind of lecture has its own random effect.
*)
let spec =
    Formula.parse "y ~ 1 + service + (1 | s) + (1 | d) + (1 | dept:service)" |> orStop

(**
Before a large model is fitted the plan says how, and what it will take:
*)
let plan = Lmm.plan ratings spec |> orStop
printfn "%s" (PlanReport.render SummaryFormat.Text plan)
(*** include-output ***)

let fit = Lmm.fit FitOptions.defaults ratings spec |> orStop
fit.VarianceComponents |> List.iter (printfn "%O")
fit.Coefficients |> List.iter (printfn "%O")
(*** include-output ***)

(**
## What a rating is made of

Of the variance of a rating, students have 6 %, lecturers 15 %, and 78 % is what one student thinks of one lecture:
*)
let shares = [ for term in 0..2 -> RSquared.heritability term fit ]

for share in shares do
    match share.StandardError with
    | Some error -> printfn "%-12s %.3f (standard error %.3f)" share.Name share.Estimate error
    | None -> printfn "%-12s %.3f" share.Name share.Estimate
(*** include-output ***)
(*** hide ***)
let variance k = fit.VarianceComponents[k].Covariance
let residual = fit.Sigma ** 2.0
let total = variance 0 + variance 1 + variance 2 + residual
stated "6" (100.0 * variance 0 / total)
stated "15" (100.0 * variance 1 / total)
stated "78" (100.0 * residual / total)
(**
## How many ratings make a fair mean?

A mean of n ratings by different students has the reliability σ²_d / (σ²_d + (σ²_s + σ²) / n). To reach 0.8 it takes 23
ratings:
*)
let reliability n =
    variance 1 / (variance 1 + (variance 0 + residual) / float n)

for n in [ 5; 10; 20; 23; 50 ] do
    printfn "%2d ratings: reliability %.3f" n (reliability n)

let needed = Seq.initInfinite id |> Seq.find (fun n -> reliability n >= 0.8)
printfn "0.8 takes %d" needed
(*** include-output ***)
(*** hide ***)
stated "23" (float needed)
(**
## The lecturers

The model's own predictions do this for each lecturer, with the ratings that he or she has, and with the students who
gave them: a lecturer with severe students is not punished for it. The table has the five highest, with their
reliabilities:
*)
let lecturers = Fit.randomEffects fit |> List.find (fun term -> term.Group = "d")
let order = [ 0 .. lecturers.Levels.Length - 1 ] |> List.sortByDescending (fun j -> lecturers.Modes[j, 0])

let line j =
    printfn
        "lecturer %-5s %6.3f  sd %.3f  reliability %.2f"
        lecturers.Levels[j]
        lecturers.Modes[j, 0]
        lecturers.StandardDeviations[j, 0]
        lecturers.Reliabilities[j, 0]

order |> List.truncate 5 |> List.iter line
(*** include-output ***)

(**
Predictions are pulled towards zero by what their reliability lacks. That is why the first of the list need not be the
one with the highest plain mean.

## Does service matter?

Whether lectures for other departments are rated otherwise is a comparison between the 28 combinations of department and
service, not between 73,421 rows. Satterthwaite's degrees of freedom find that:
*)
let tested = Inference.create DegreesOfFreedomMethod.satterthwaite fit |> orStop
let service = Inference.coefficients 0.95 tested |> List.last
printfn "%O" service
(*** include-output ***)
(*** hide ***)
stated "28" (float (fit.Design.RandomEffects |> List.last).LevelNames.Length)
stated "-0.05" service.Estimate
stated "0.04" service.StandardError
stated "19" service.Df
(**
The estimate is -0.05 with a standard error of 0.04 on 19 degrees of freedom: no evidence of a difference.
*)
