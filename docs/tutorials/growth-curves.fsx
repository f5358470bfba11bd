(**
# Growth curves

Potthoff and Roy (1964) measured the distance between the pituitary gland and the pterygomaxillary fissure of 27
children, 16 boys and 11 girls, at the ages of 8, 10, 12 and 14 years. Do boys grow faster than girls?

Run the script after a build: `dotnet fsi docs/tutorials/growth-curves.fsx`.
*)
#load "common.fsx"

open LmmFunctional
open LmmFunctional.Dsl
open LmmFunctional.Analysis

let children = data "orthodont"
printfn "%d rows of %s" children.Rows (Frame.names children |> String.concat ", ")
(*** include-output ***)

(**
## The model

Each child has a line of its own. Lines vary between children by a random intercept and a random slope, correlated with
each other. Age is taken from 11 years on, the middle of the study: intercepts are then distances at an age that was
observed, and they are nearly uncorrelated with the slopes.
*)
let growth =
    lmm {
        response "distance"
        fixed' (intercept + expression "age - 11" * col "Sex")
        random (intercept + expression "age - 11" |> by "Subject")
    }

printfn "%s" (Formula.print growth)
let fit = Lmm.fit FitOptions.defaults children growth |> orStop
(*** include-output ***)

(**
## The answer

The coefficient of the interaction is the difference between the slopes. With 27 children the degrees of freedom matter,
so the table has those of Kenward and Roger.
*)
let tested = Inference.create DegreesOfFreedomMethod.kenwardRoger fit |> orStop
let coefficients = Inference.coefficients 0.95 tested
coefficients |> List.iter (printfn "%O")
(*** include-output ***)

(**
Girls grow by 0.48 mm a year and boys by 0.30 mm a year more, with a 95 % interval from 0.03 to 0.58 and p = 0.03.
Degrees of freedom are 25, the number of children less the two lines: slopes are compared between children. A test that
counts the 108 rows would be too sure of itself.
*)
(*** hide ***)
let slope, difference = coefficients[1], coefficients[3]
stated "0.48" slope.Estimate
stated "0.30" difference.Estimate
stated "0.03" difference.Lower
stated "0.58" difference.Upper
stated "0.03" difference.P
stated "25" difference.Df
(**
## Are the variances right?

A slope that varies between children costs two parameters. The test compares the model with one that has random
intercepts only. Under the smaller model the variance is zero, at the end of its range, so the distribution is a mixture
of χ² with one and with two degrees of freedom; `MixtureP` takes it.
*)
let intercepts =
    growth |> LmmSpec.withRandom [ intercept |> by "Subject" ] |> Lmm.fit FitOptions.defaults children |> orStop

let test = ModelComparison.test intercepts fit |> orStop
printfn "%O" test
printfn "p by the mixture: %.3f" test.MixtureP.Value
(*** include-output ***)

(*** hide ***)
stated "1.18" test.Statistic
stated "0.42" test.MixtureP.Value

(**
The slopes hardly differ between children of one sex (likelihood ratio 1.18 on 2 degrees of freedom, p = 0.42 by the
mixture). A plot of residuals shows something else: boys scatter more about their lines. A variance of the residuals for
each sex is one more parameter.
*)
let bySex =
    growth
    |> LmmSpec.withRandom [ intercept |> by "Subject" ]
    |> LmmSpec.withResidual (independent |> withVariance (varIdent "Sex"))
    |> Lmm.fit FitOptions.defaults children
    |> orStop

let comparison = ModelComparison.table [ intercepts; fit; bySex ] |> orStop
comparison.Models |> List.iter (printfn "%O")

for p in bySex.CovarianceParameters do
    printfn "%s %s: %.3f" p.Group p.Name p.Estimate
(*** include-output ***)

(*** hide ***)
stated "17" (intercepts.InformationCriteria.Aic - bySex.InformationCriteria.Aic)
stated "2.1" bySex.CovarianceParameters[1].Estimate
(**
AIC falls by 17: the residual standard deviation of boys is 2.1 times that of girls. The question about the slopes gets
a better answer from this model, because it gives the girls' rows more weight:
*)
let better = Inference.create DegreesOfFreedomMethod.kenwardRoger bySex |> orStop
let answer = Inference.coefficients 0.95 better |> List.last
printfn "%O" answer
(*** include-output ***)

(*** hide ***)
stated "0.006" answer.P
stated "0.09" answer.Lower
stated "0.52" answer.Upper
(**
The difference is the same 0.30, in balanced data, but its interval is now from 0.09 to 0.52 and p = 0.006.

## The lines of single children

Predicted lines are pulled towards the mean of their sex; how far says the reliability. Here is what the model says of
the distance of two boys and of a new girl at the age of 16, with intervals for an observation:
*)
let next =
    [ {| age = 16.0; Sex = "Male"; Subject = "M01" |}
      {| age = 16.0; Sex = "Male"; Subject = "M02" |}
      {| age = 16.0; Sex = "Female"; Subject = "F99" |} ]
    |> Records.toFrame
    |> orStop

let observation = {
    PredictionOptions.defaults with
        Interval = PredictionInterval.Prediction
}

for p in Lmm.predictFrame observation next bySex |> orStop do
    printfn "row %d: %.1f mm (%.1f to %.1f)" p.Row p.Estimate p.Lower p.Upper
(*** include-output ***)

(**
## The certificate

Every fit says whether it is at an optimum, and on what evidence. See [reading the certificate](../guides/certificate.md).
*)
printfn "%O" bySex.Certificate
(*** include-output ***)
