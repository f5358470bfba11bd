namespace LmmFunctional.Estimation

open System
open LmmFunctional.Model
open LmmFunctional.Analysis

/// <summary>A correlation for each lag, on all lags of m positions: any positive definite Toeplitz matrix.</summary>
/// <remarks>τ holds the inverse hyperbolic tangents of the partial autocorrelations.</remarks>
[<RequireQualifiedAccess>]
module internal Toeplitz =

    /// The form on m positions.
    let create m =
        let count = max 0 (m - 1)

        let correlations tau =
            tau
            |> Array.map Unconstrained.correlation
            |> PartialAutocorrelation.correlations

        {
            Names = BandedToeplitz.names count
            Kinds = Array.create count ParameterKind.Correlation
            // Given those of the lags before, each correlation has ends of its own.
            Ends = BandedToeplitz.names count |> Array.map ParameterEnds.correlation
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

    let private ofBands bands m =
        match bands with
        | Some 1 -> Uncorrelated.identity
        | Some bands when bands < m -> BandedToeplitz.create bands m
        | _ -> create m

    let private entry =
        StructureEntry.create "toep" "toeplitz" "Toeplitz" "m" "s² rho_|i-j|" "positive definite"
        |> StructureEntry.along StructureCoordinate.Order
        |> StructureEntry.partner "toeph"
        |> StructureEntry.elsewhere [ "toeplitz" ]

    let private banded =
        {
            entry with
                Parameters = "k"
                Element = "s² rho_|i-j| for |i-j| < k, else 0"
        }
        |> StructureEntry.withArguments [ "k" ] "bandedToeplitz k" "banded Toeplitz"

    let private heterogeneousEntry =
        StructureEntry.create
            "toeph"
            "heterogeneousToeplitz"
            "heterogeneous Toeplitz"
            "2m - 1"
            "s_i s_j rho_|i-j|"
            "positive definite"
        |> StructureEntry.along StructureCoordinate.Order
        |> StructureEntry.partner "toep"

    let private heterogeneousBanded =
        {
            heterogeneousEntry with
                Parameters = "m + k - 1"
                Element = "s_i s_j rho_|i-j| for |i-j| < k, else 0"
        }
        |> StructureEntry.withArguments [ "k" ] "bandedHeterogeneousToeplitz k" "banded heterogeneous Toeplitz"

    /// One variance: <c>toep</c>, <c>toep(k)</c>.
    let family = StructureFamily.optional entry banded Structure.Toeplitz

    /// A variance each: <c>toeph</c>, <c>toeph(k)</c>.
    let heterogeneousFamily =
        StructureFamily.optional heterogeneousEntry heterogeneousBanded Structure.HeterogeneousToeplitz

    let private sas name bands =
        match bands with
        | None -> SasType.Named name
        | Some bands -> SasType.Named $"{name}({bands})"

    /// The variance, and the covariance at each lag.
    let private covariances variance (rho: Jet[]) = [
        "variance", variance

        for k in 0 .. rho.Length - 1 do
            $"covariance{k + 1}", variance *. rho[k]
    ]

    // Whether as many bands are among those of another one.
    let private isWithin bands more =
        match bands, more with
        | _, None -> true
        | Some bands, Some more -> bands <= more
        | None, Some _ -> false

    let private element deviations =
        MathText.Row [ deviations; MathText.Sub(ElementMath.letter "ρ", ElementMath.lag) ]

    let model bands =
        let plain =
            StructureModel.scaled
                (if Option.isSome bands then banded else entry)
                (StructureModel.onSteps (ofBands bands))
                (element ElementMath.variance)

        {
            plain with
                Arguments = bands |> Option.map float |> Option.toList
                Steps = StepUse.Lags bands
                IsLinear = true
                IsLinearAtZero = bands.IsNone
                SasParameters = SasParameters.Covariances covariances
                SasType = sas "TOEP" bands
                Relations = {
                    plain.Relations with
                        Same =
                            fun places ->
                                match bands with
                                | Some 1 -> Some Structure.Identity
                                | _ when places.Count = 2 -> Some Structure.CompoundSymmetry
                                | Some bands when bands >= places.Count -> Some(Structure.Toeplitz None)
                                | _ -> None
                        HoldsIdentity = Some Inclusion.Interior
                        LiesIn =
                            fun _ larger ->
                                match larger with
                                | Structure.Toeplitz more
                                | Structure.HeterogeneousToeplitz more when isWithin bands more ->
                                    Some Inclusion.Interior
                                | _ -> None
                        CanBeOne = bands.IsNone
                }
        }

    let heterogeneous bands =
        let plain =
            StructureModel.perPosition
                (if Option.isSome bands then
                     heterogeneousBanded
                 else
                     heterogeneousEntry)
                (StructureModel.onSteps (ofBands bands))
                (element ElementMath.deviations)

        {
            plain with
                Arguments = bands |> Option.map float |> Option.toList
                Steps = StepUse.Lags bands
                SharedPair =
                    Some(fun i j ->
                        match bands with
                        | Some bands when j - i >= bands -> None
                        | _ -> Some(struct (0, j - i)))
                SasType = sas "TOEPH" bands
                Relations = {
                    plain.Relations with
                        Same =
                            fun places ->
                                match bands with
                                | Some 1 -> Some Structure.Diagonal
                                | _ when places.Count = 2 -> Some Structure.Unstructured
                                | Some bands when bands >= places.Count -> Some(Structure.HeterogeneousToeplitz None)
                                | _ -> None
                        LiesIn =
                            fun _ larger ->
                                match larger with
                                | Structure.HeterogeneousToeplitz more when isWithin bands more ->
                                    Some Inclusion.Interior
                                | _ -> None
                        CanBeOne = bands.IsNone
                }
        }
