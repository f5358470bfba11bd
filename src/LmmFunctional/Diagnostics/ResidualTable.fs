namespace LmmFunctional.Analysis

open System.Collections.Immutable
open System.Runtime.InteropServices
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation

/// <summary>Residuals of every kind and leverages, one of each for every row used, in the order of the data.</summary>
/// <remarks>θ is taken as known. V, R and P are those of the fit, in squared units of the response; M = (X'V⁻¹X)⁻¹ and
/// P = V⁻¹ − V⁻¹XMX'V⁻¹. The names and definitions are those of SAS PROC MIXED where it has them.</remarks>
[<NoComparison; ReferenceEquality; StructuredFormatDisplay("{Display}")>]
type ResidualTable = {
    /// The row of the data, from one.
    Row: ImmutableArray<int>
    /// The response as the model writes it.
    Observed: ImmutableArray<float>
    /// Xβ̂ + Zũ with the offset.
    Fitted: ImmutableArray<float>
    /// y − Xβ̂.
    Marginal: ImmutableArray<float>
    /// y − Xβ̂ − Zũ = RPy.
    Conditional: ImmutableArray<float>
    /// Marginal over √V_ii.
    PearsonMarginal: ImmutableArray<float>
    /// Conditional over √R_ii.
    PearsonConditional: ImmutableArray<float>
    /// Marginal over √(V − XMX')_ii: internally studentised.
    StudentizedMarginal: ImmutableArray<float>
    /// Conditional over √(RPR)_ii: internally studentised.
    StudentizedConditional: ImmutableArray<float>
    /// (Py)_i/P_ii: the response less its prediction from all other rows.
    Deleted: ImmutableArray<float>
    /// (Py)_i/√P_ii: the deleted residual over its standard deviation.
    DeletedT: ImmutableArray<float>
    /// The same with σ² estimated from all other rows: externally studentised.
    ExternalT: ImmutableArray<float>
    /// L⁻¹(y − Xβ̂), V = LLᵀ (SAS: scaled); empty where it would take too long.
    Decorrelated: ImmutableArray<float>
    /// (I − RP)_ii: of the fitted values with random effects.
    Leverage: ImmutableArray<float>
    /// (XMX'V⁻¹)_ii: of the fixed part.
    LeverageFixed: ImmutableArray<float>
} with

    member private table.Display =
        let columns = [
            "observed", table.Observed
            "fitted", table.Fitted
            "marginal", table.Marginal
            "conditional", table.Conditional
            "studentised", table.StudentizedConditional
            "leverage", table.Leverage
        ]

        let rows =
            table.Row
            |> Seq.mapi (fun index row ->
                string row
                :: (columns |> List.map (fun (_, values) -> Display.number values[index])))

        Display.table $"Residuals of {table.Row.Length} rows" ("row" :: List.map fst columns) table.Row.Length rows

    /// The first rows: observed, fitted, residuals and leverage.
    override table.ToString() = table.Display

    /// The leverage of the random part, Leverage − LeverageFixed.
    member table.LeverageRandom =
        Seq.map2 (-) table.Leverage table.LeverageFixed |> ImmutableArray.CreateRange

/// <summary>Residuals and leverages of a fit.</summary>
[<RequireQualifiedAccess>]
module ResidualTable =

    let private own (values: float[]) =
        ImmutableCollectionsMarshal.AsImmutableArray values

    /// y − offset − Xβ̂, n.
    let internal marginal (fit: Fit) : float[] =
        let x = fit.Design.Fixed.Matrix

        Array.init fit.Observations (fun row ->
            let mutable value = fit.Design.Response[row]

            match fit.Design.Offset with
            | Some offset -> value <- value - offset[row]
            | None -> ()

            for j in 0 .. fit.FixedCount - 1 do
                value <- value - fit.Inner.Beta[j] * x[row, j]

            value)

    // A variance that is no more than rounding of what it is a difference of has no root worth dividing by.
    let private rounding = 1e-12

    let private over (values: float[]) (variances: float[]) (whole: float[]) =
        Array.map3
            (fun value variance whole ->
                if variance > rounding * whole then
                    value / sqrt variance
                else
                    nan)
            values
            variances
            whole

    /// <summary>The externally studentised value of t = d/σ: with SS = νσ̂² the part of t taken out of SS.</summary>
    let internal external (freedom: float) (t: float) =
        let rest = freedom - t * t

        if rest > 0.0 && freedom > 1.0 then
            t * sqrt ((freedom - 1.0) / rest)
        else
            nan

    let internal ofEquations (equations: MixedModelEquations) : ResidualTable =
        let fit = equations.Fit
        let diagonals = RowDiagonals.create equations
        let sigma = fit.Sigma
        let variance = sigma * sigma
        let scaled = Array.map ((*) variance)
        let ofData = marginal fit
        let conditional = Fit.residuals fit
        // Py, over σ² with P relative to it: R⁻¹(y − Xβ̂ − Zũ).
        let projected = ResidualPrecision.multiply equations.Residual 1 equations.Residuals
        let whole = diagonals.Projection |> Array.map (fun p -> 1.0 / variance * p)
        let deletedT = over (projected |> Array.map (fun v -> v / variance)) whole whole
        let freedom = float (fit.Observations - fit.FixedCount)

        {
            Row = fit.Design.Rows |> Seq.map ((+) 1) |> ImmutableArray.CreateRange
            Observed = fit.Design.Response |> Array.copy |> own
            Fitted = Fit.fitted fit |> own
            Marginal = own ofData
            Conditional = own conditional
            PearsonMarginal = over ofData (scaled diagonals.Marginal) (scaled diagonals.Marginal) |> own
            PearsonConditional = over conditional (scaled diagonals.Residual) (scaled diagonals.Residual) |> own
            StudentizedMarginal =
                over
                    ofData
                    (Array.map2 (-) diagonals.Marginal diagonals.FixedVariance |> scaled)
                    (scaled diagonals.Marginal)
                |> own
            StudentizedConditional =
                over conditional (scaled diagonals.Conditional) (scaled diagonals.Residual)
                |> own
            Deleted = Array.map2 (fun value p -> value / p) projected diagonals.Projection |> own
            DeletedT = own deletedT
            ExternalT = deletedT |> Array.map (external freedom) |> own
            Decorrelated =
                Decorrelation.compute equations (ofData |> Array.map (fun value -> value / sigma))
                |> Option.defaultValue [||]
                |> own
            Leverage = own diagonals.Leverage
            LeverageFixed = own diagonals.FixedLeverage
        }

    /// <summary>The residuals and leverages of every row used; cost that of one selected inverse.</summary>
    /// <returns>The table; NaN where a residual has no variance, so that it cannot be studentised.</returns>
    /// <exception cref="T:System.ArgumentException">The fit is of sums of rows.</exception>
    let create (fit: Fit) : ResidualTable =
        Design.guardRows "Residuals" fit.Design
        ofEquations (MixedModelEquations fit)
