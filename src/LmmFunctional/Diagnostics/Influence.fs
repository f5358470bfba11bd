namespace LmmFunctional.Analysis

open LmmFunctional.Numerics
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation

/// <summary>How the estimates without a unit are found.</summary>
[<RequireQualifiedAccess>]
type InfluenceMethod =
    /// θ stays: closed forms, no refit.
    | Fixed
    /// θ moves by one scoring step without the unit.
    | OneStep
    /// The model is fitted again without the unit.
    | Exact

/// <summary>Names of the ways to find estimates without a unit.</summary>
[<RequireQualifiedAccess>]
module InfluenceMethod =

    let private known = [
        "fixed", InfluenceMethod.Fixed
        "one-step", InfluenceMethod.OneStep
        "exact", InfluenceMethod.Exact
    ]

    /// The names by which methods are chosen in text.
    let names = known |> List.map fst

    /// <summary>The method of a name.</summary>
    /// <returns>The method, or: the name is not known.</returns>
    let ofName (name: string) : Result<InfluenceMethod, LmmError list> =
        match known |> List.tryFind (fun (own, _) -> own = name.ToLowerInvariant()) with
        | Some(_, how) -> Ok how
        | None -> Error [ LmmError.UnknownChoice("way to find estimates without a unit", name, names) ]

    /// The name of a method.
    let name (how: InfluenceMethod) : string =
        known |> List.find (fun (_, own) -> own = how) |> fst

/// <summary>What the estimates owe to one unit. Definitions of SAS PROC MIXED and HLMdiag.</summary>
[<ReferenceEquality; StructuredFormatDisplay("{Display}")>]
type InfluenceOfUnit = {
    Unit: DiagnosticUnit
    /// (β̂ − β̂₍ᵢ₎)'M⁻¹(β̂ − β̂₍ᵢ₎)/rank X, M = Cov(β̂) of the fit.
    CookD: float
    /// The same with M₍ᵢ₎, Cov(β̂₍ᵢ₎).
    Mdffits: float
    /// xᵀ(β̂ − β̂₍ᵢ₎) over its standard error √(xᵀMx) at the θ without the unit; for single rows.
    Dffits: float option
    /// |tr(M⁻¹M₍ᵢ₎) − rank X|.
    CovTrace: float
    /// det M₍ᵢ₎/det M.
    CovRatio: float
    /// <summary>2[ℓ(ψ̂) − ℓ(ψ̂₍ᵢ₎)] of all rows, ψ = (β, θ, σ); under REML ℓ is the restricted log likelihood of (θ, σ) with
    /// −½(β − β̂)'X'V⁻¹X(β − β̂) added, which SAS's RLD leaves out.</summary>
    LikelihoodDistance: float
    /// Estimates without the unit, less the estimates, in the order of the fixed effects.
    FixedChanges: float list
    /// The relative change of each variance component; empty with θ fixed.
    VarianceChanges: (string * float) list
} with

    member private this.Display =
        let distance = $"likelihood distance {Display.number this.LikelihoodDistance}"
        $"{this.Unit}: Cook's D {Display.number this.CookD}, MDFFITS {Display.number this.Mdffits}, {distance}"

    /// The unit with Cook's D, MDFFITS and likelihood distance.
    override this.ToString() = this.Display

/// <summary>The influence of every unit, and what could not be computed.</summary>
[<ReferenceEquality; StructuredFormatDisplay("{Display}")>]
type InfluenceTable = {
    Method: InfluenceMethod
    Units: InfluenceOfUnit list
    /// Units without which the model cannot be fitted, with the reason.
    Impossible: (DiagnosticUnit * string) list
} with

    member private this.Display =
        let rows =
            this.Units
            |> List.sortByDescending _.CookD
            |> Seq.map (fun own ->
                string own.Unit
                :: ([ own.CookD; own.Mdffits; own.CovRatio; own.LikelihoodDistance ]
                    |> List.map Display.number))

        let without =
            if this.Impossible.IsEmpty then
                ""
            else
                $", {this.Impossible.Length} more without which there is no fit"

        Display.table
            $"Influence of {this.Units.Length} units{without}, the largest Cook's D first"
            [ "unit"; "Cook's D"; "MDFFITS"; "COVRATIO"; "likelihood distance" ]
            this.Units.Length
            rows

    /// The units with the largest Cook's D.
    override this.ToString() = this.Display

/// <summary>Influence with θ fixed.</summary>
[<RequireQualifiedAccess>]
module internal FixedInfluence =

    let private determined = "the other rows do not determine all fixed effects"

    let private identity p =
        Array.init (p * p) (fun k -> if k % p = k / p then 1.0 else 0.0)

    /// Of a single row x: xᵀKd over σ|Kᵀx|, K the root of Cov(β̂)/σ² and d the change in its frame.
    let private dffits (equations: MixedModelEquations) (root: float[]) (deletion: Deletion) (unit: DiagnosticUnit) =
        if unit.Rows.Length <> 1 then
            None
        else
            let p = equations.FixedCount
            let x = equations.Fit.Design.Fixed.Matrix
            let own = Array.init p (fun j -> x[unit.Rows[0], j])
            let framed = Dense.Multiply(p, 1, p, root, true, own, false)

            Some(
                Dense.Dot(framed, deletion.Change)
                / (equations.Fit.Sigma * sqrt (Dense.Dot(framed, framed)))
            )

    /// The measures of a deletion; None where M₍ᵢ₎ does not exist.
    let private measures (equations: MixedModelEquations) (rootOfCovariance: float[]) (deletion: Deletion) unit =
        let p = equations.FixedCount
        let variance = equations.Fit.Sigma * equations.Fit.Sigma
        let factor = Array.copy deletion.Remaining

        if
            not (Dense.Factor(p, factor))
            || Seq.exists (fun i -> factor[i * (p + 1)] < 1e-6) (seq { 0 .. p - 1 })
        then
            None
        else
            let square = Dense.Dot(deletion.Change, deletion.Change)

            let image =
                Dense.Multiply(p, 1, p, deletion.Remaining, false, deletion.Change, false)

            let inverse = Dense.Inverse(p, factor)
            let trace = Seq.sumBy (fun i -> inverse[i * (p + 1)]) (seq { 0 .. p - 1 })

            let logDeterminant =
                Seq.sumBy (fun i -> 2.0 * log factor[i * (p + 1)]) (seq { 0 .. p - 1 })

            Some {
                Unit = unit
                CookD = square / (variance * float p)
                Mdffits = Dense.Dot(deletion.Change, image) / (variance * float p)
                Dffits = dffits equations rootOfCovariance deletion unit
                CovTrace = abs (trace - float p)
                CovRatio = exp -logDeterminant
                LikelihoodDistance = square / variance
                FixedChanges =
                    Dense.Multiply(p, 1, p, rootOfCovariance, false, deletion.Change, false)
                    |> Array.map (~-)
                    |> List.ofArray
                VarianceChanges = []
            }

    /// The influence of units by closed forms.
    let table (equations: MixedModelEquations) (units: DiagnosticUnit[]) : InfluenceTable =
        let root = equations.FixedRoot

        let found =
            Deletion.all equations units
            |> Array.mapi (fun index deletion ->
                match
                    deletion
                    |> Option.bind (fun deletion -> measures equations root deletion units[index])
                with
                | Some measured -> Ok measured
                | None -> Error(units[index], determined))

        {
            Method = InfluenceMethod.Fixed
            Units = found |> Seq.choose Result.toOption |> List.ofSeq
            Impossible = [
                for one in found do
                    match one with
                    | Error impossible -> impossible
                    | Ok _ -> ()
            ]
        }
