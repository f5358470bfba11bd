namespace LmmFunctional.Charts.Tests

open Expecto
open LmmFunctional
open LmmFunctional.Analysis
open LmmFunctional.Tests

/// <summary>Fits that several tests look at, each made once.</summary>
[<RequireQualifiedAccess>]
module Models =

    let orFail result =
        match result with
        | Ok value -> value
        | Error problems -> failtest (problems |> List.map LmmError.describe |> String.concat "\n")

    let fit name formula =
        lazy
            (Csv.read (TestData.csv name)
             |> Result.bind (fun frame -> Lmm.fitFormula FitOptions.defaults frame formula)
             |> orFail)

    /// Random slopes.
    let sleepstudy = fit "sleepstudy" "Reaction ~ Days + (Days | Subject)"

    /// Factors, nested groups.
    let oats = fit "oats" "yield ~ Variety * nitroF + (1 | Block/Variety)"

    /// Correlated residuals without random effects.
    let orthodont =
        fit "orthodont" "distance ~ age * Sex; residual = ar1(age | Subject)"

    /// Crossed groups, no covariate.
    let penicillin = fit "penicillin" "diameter ~ 1 + (1 | plate) + (1 | sample)"

    /// A transformed response and a variance of zero.
    let dyestuff2 = fit "dyestuff2" "log(Yield + 10) ~ 1 + (1 | Batch)"

    let inference (fit: Fit) =
        Inference.create DegreesOfFreedomMethod.satterthwaite fit |> orFail

    let means text (fit: Fit) =
        inference fit |> MarginalMeans.over MarginalOptions.defaults text |> orFail

    let bootstrap =
        lazy
            (Bootstrap.run
                {
                    BootstrapOptions.defaults with
                        Replicates = 100
                }
                sleepstudy.Value
             |> orFail)

    let power =
        lazy
            (Lmm.powerCurve
                {
                    PowerOptions.ofTest (PowerTest.Term "Days") with
                        Simulations = 60
                        HalfWidth = None
                }
                (DesignGrowth.Levels "Subject")
                [ 5; 10; 18 ]
                (Map.ofList [ "Days", 5.0 ])
                sleepstudy.Value
             |> orFail)

    let curves =
        lazy
            (Profile.targets sleepstudy.Value
             |> List.map (fun target -> Profile.curve 3.0 target sleepstudy.Value |> orFail))

    let pedigree =
        lazy
            (Pedigree.ofRows [
                "a", "", ""
                "b", "", ""
                "c", "a", "b"
                "d", "a", "b"
                "e", "c", "d"
                "f", "e", "c"
             ]
             |> orFail)

    let influence units (fit: Fit) =
        Lmm.influence
            {
                InfluenceOptions.defaults with
                    Units = units
            }
            fit
        |> orFail

    let meanShifts units (fit: Fit) =
        Lmm.outliers
            (OutlierModel.MeanShift {
                MeanShiftOptions.defaults with
                    Units = units
                    Adjustment = Adjustment.Holm
            })
            fit
        |> orFail

    let varianceShifts =
        lazy
            (Lmm.outliers
                (OutlierModel.VarianceShift {
                    VarianceShiftOptions.defaults with
                        Target = VarianceShiftTarget.Rows(DiagnosticUnits.Levels "Subject")
                        Bootstrap =
                            Some {
                                BootstrapOptions.defaults with
                                    Replicates = 40
                            }
                })
                sleepstudy.Value
             |> orFail)
