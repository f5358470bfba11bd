namespace LmmFunctional.Charts

open MathNet.Numerics.Distributions
open LmmFunctional
open LmmFunctional.Analysis

/// <summary>Where ordered residuals lie when the model is right.</summary>
[<NoComparison; NoEquality>]
type internal NormalEnvelope = {
    /// The smallest first.
    Lower: float[]
    Upper: float[]
    /// How it was found.
    Words: string
}

/// <summary>Envelopes of ordered residuals.</summary>
/// <remarks>Atkinson (1981): responses are drawn from the fit, each is fitted again, and its residuals are ordered. Each ordered
/// residual is outside its own 95 % band in one of twenty data sets.</remarks>
[<RequireQualifiedAccess>]
module internal NormalEnvelope =

    let private simulations = 99
    let private level = 0.95

    // Above this each of the refits takes too long for a chart.
    let private mostRows = 2000
    let private mostEffects = 1000

    /// The band of ordered independent normal values, by the beta distribution of their probabilities.
    let private ofOrder n =
        let tail = 0.5 * (1.0 - level)

        let at p i =
            Beta.InvCDF(float (i + 1), float (n - i), p) |> Drawing.normalQuantile

        {
            Lower = Array.init n (at tail)
            Upper = Array.init n (at (1.0 - tail))
            Words = "95 % envelope of independent normal residuals"
        }

    let private simulated (fit: Fit) n =
        let draw = Simulation.sampler 1 fit

        let options = {
            BootstrapOptions.defaults with
                Replicates = simulations
        }

        let ordered =
            Replicates.run options (fun index ->
                match Refit.withResponse (draw index) fit with
                | Ok refit when not refit.HasNoResidual ->
                    let values =
                        (ResidualTable.create refit).StudentizedConditional
                        |> Seq.filter System.Double.IsFinite
                        |> Seq.sort
                        |> Array.ofSeq

                    if values.Length = n then Some values else None
                | _ -> None)
            |> Array.choose id

        if ordered.Length < simulations / 2 then
            None
        else
            let at p =
                Array.init n (fun i -> Drawing.quantile (ordered |> Array.map (fun own -> own[i]) |> Array.sort) p)

            let tail = 0.5 * (1.0 - level)

            Some {
                Lower = at tail
                Upper = at (1.0 - tail)
                Words = $"95 %% envelope of {ordered.Length} responses drawn from the fit and fitted again"
            }

    /// <summary>The envelope of n ordered studentised residuals of a fit: simulated where refits are quick, else of independent
    /// normal values.</summary>
    let create (fit: Fit) (n: int) : NormalEnvelope =
        let isQuick = fit.Observations <= mostRows && fit.RandomCount <= mostEffects

        if isQuick then
            simulated fit n |> Option.defaultWith (fun () -> ofOrder n)
        else
            ofOrder n
