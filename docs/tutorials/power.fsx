(**
# A design by power

How many subjects does a study need? Formulas answer that for simple designs. Simulation answers it for the design, the
model and the test that will be used: draw responses, fit, test, and count. One pattern of rows is made once and each fit
takes a fraction of a millisecond, so thousands of studies are a matter of seconds.

Run the script after a build: `dotnet fsi docs/tutorials/power.fsx`.
*)
#load "common.fsx"

open LmmFunctional
open LmmFunctional.Analysis

(**
## From a pilot

18 subjects slept little for nine days, and their reaction time rose by 10.5 ms a day. The next study has a treatment that
is hoped to halve the rise. Its design is written down as data: each subject in one of two arms, three measurements, on
days 0, 4 and 8.
*)
let pilot = Lmm.fitFormula FitOptions.defaults (data "sleepstudy") "Reaction ~ Days + (Days | Subject)" |> orStop

/// The rows of a study with so many subjects in each arm, measured on these days.
let study (days: float list) perArm =
    [
        for subject in 1 .. 2 * perArm do
            for day in days do
                {|
                    Subject = $"s{subject:D3}"
                    arm = (if subject % 2 = 0 then "treated" else "control")
                    Days = day
                |}
    ]
    |> Records.toFrame
    |> orStop

let model = Formula.parse "Reaction ~ Days * arm + (Days | Subject)" |> orStop
pilot.Coefficients |> List.iter (printfn "%O")
(*** include-output ***)
(*** hide ***)
stated "10.5" pilot.Coefficients[1].Estimate
(**
Variances come from the pilot. The slope of the control arm is 10.5, and the treatment takes 5.25 off it:
*)
let covariance = (Simulator.parametersOf pilot).Covariance

let hoped = {
    Fixed = Map [ "(Intercept)", 250.0; "Days", 10.5; "armtreated", 0.0; "Days:armtreated", -5.25 ]
    Covariance = covariance
}

covariance |> Map.iter (printfn "%-24s %.2f")
(*** include-output ***)

(**
## The curve

The test is the one that the study will report: the interaction, with Satterthwaite's degrees of freedom, at 5 %.
*)
let options = {
    PowerOptions.ofTest (PowerTest.Hypothesis "Days:armtreated = 0") with
        Simulations = 500
        HalfWidth = None
        Seed = 11
}

let powerOf days perArm =
    Power.ofParameters options hoped model (study days perArm) |> orStop

for perArm in [ 10; 20; 30; 40 ] do
    let found = powerOf [ 0.0; 4.0; 8.0 ] perArm
    printfn "%d per arm: power %.2f (%.2f to %.2f)" perArm found.Power found.Lower found.Upper
(*** include-output ***)
(*** hide ***)
let at30 = powerOf [ 0.0; 4.0; 8.0 ] 30
let at40 = powerOf [ 0.0; 4.0; 8.0 ] 40
stated "0.74" at30.Power
stated "0.88" at40.Power
(**
30 subjects in each arm have a power of 0.74, and 40 of 0.88: 80 % are reached in between. Intervals are exact for the
number of simulations.

## More days or more subjects?

Subjects are dear, days are cheap. With 30 subjects in each arm, the same study with more measurements. (With two days
only, a random intercept and slope take as many effects as there are rows, and the library refuses the model.)
*)
for days in [ [ 0.0; 4.0; 8.0 ]; [ 0.0 .. 2.0 .. 8.0 ]; [ 0.0 .. 8.0 ] ] do
    let found = powerOf days 30
    printfn "%d days: power %.2f (%.2f to %.2f)" days.Length found.Power found.Lower found.Upper
(*** include-output ***)

(*** hide ***)
stated "0.84" (powerOf [ 0.0 .. 8.0 ] 30).Power
(**
Nine days take 30 subjects in each arm to 0.84, less than ten more subjects would. What is left is the variance of slopes
between subjects, which only subjects make smaller.

## Does the test hold its level?

The same simulation without an effect counts false alarms:
*)
let nothing = { hoped with Fixed = hoped.Fixed |> Map.add "Days:armtreated" 0.0 }

let level =
    Power.ofParameters { options with Simulations = 1000 } nothing model (study [ 0.0; 4.0; 8.0 ] 10) |> orStop

printfn "rejected %d of %d: %.3f (%.3f to %.3f)" level.Rejected level.Simulations level.Power level.Lower level.Upper
(*** include-output ***)
(*** hide ***)
if not (level.Lower <= 0.05 && 0.05 <= level.Upper) then
    eprintfn "The text says that the level of 5 %% is within the interval."
    exit 1
(**
5 % lie within the interval, with ten subjects in each arm. Fits that fail would be counted as not rejected, and told:
there are none here.
*)
printfn "%d fits failed" level.Failed
(*** include-output ***)

(**
## From a fit, without a new design

`Power.curveOfFit` and `lmm power` grow the design of a pilot instead: they take its subjects in turn, with new names. See
[simulation](../simulation.md#power).
*)
