namespace LmmFunctional.Estimation

open System

/// <summary>A correlation for each lag, on all lags of m positions: any positive definite Toeplitz matrix.</summary>
/// <remarks>τ holds the inverse hyperbolic tangents of the partial autocorrelations.</remarks>
[<RequireQualifiedAccess>]
module internal Toeplitz =

    /// Names of the correlations at lags 1 … count.
    let names count =
        Array.init count (fun k -> $"rho{k + 1}")

    /// The form on m positions.
    let create m =
        let count = max 0 (m - 1)

        let correlations tau =
            tau
            |> Array.map Unconstrained.correlation
            |> PartialAutocorrelation.correlations

        {
            Names = names count
            Kinds = Array.create count ParameterKind.Correlation
            // Given those of the lags before, each correlation has ends of its own.
            Ends = names count |> Array.map ParameterEnds.correlation
            Start = Array.init count (fun k -> if k = 0 then 0.2 else 0.0)
            FurtherStarts = [||]
            Natural = correlations >> Array.skip 1
            Unconstrained = PartialAutocorrelation.ofCorrelations >> Option.map (Array.map Math.Atanh)
            Element =
                fun tau ->
                    let rho = correlations tau
                    fun i j -> rho[abs (i - j)]
            HasEqualVariances = true
        }
