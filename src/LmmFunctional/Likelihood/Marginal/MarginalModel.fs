namespace LmmFunctional.Estimation

open System.Collections.Immutable
open LmmFunctional.Model

/// <summary>A model whose rows fall into small independent blocks, each with a dense covariance matrix V.</summary>
/// <remarks>θ holds the parameters of the random terms, then those of the residuals. Laird and Ware (1982).</remarks>
[<NoComparison; ReferenceEquality>]
type internal MarginalModel = {
    /// The model on the inner scale.
    Standard: Standardised
    Layout: ThetaLayout
    /// The form of every random term.
    Forms: EffectsForm[]
    Residual: ResidualModel
    Patterns: MarginalPattern[]
    /// Where the covariances of rows depend on their places only.
    Grid: PositionGrid option
    /// Columns of X.
    FixedCount: int
    Rows: int
} with

    /// k, the parameters of all terms and of the residuals.
    member model.Parameters =
        model.Layout.Parameters + model.Residual.Parameters.Names.Length

[<RequireQualifiedAccess>]
module internal MarginalModel =

    /// Parameters and forms of a design, without blocks of rows.
    let parameters (design: Design) (standard: Standardised) (layout: ThetaLayout) : MarginalModel =
        let formOf (term: RandomDesign) (own: EffectsForm option) =
            own
            |> Option.defaultWith (fun () ->
                EffectsForm.create term.Term.Structure {
                    Labels = Array.ofSeq term.Names
                    Coordinates = [||]
                })

        {
            Standard = standard
            Layout = layout
            Forms = Array.map2 formOf (Array.ofList design.Random) layout.Forms
            Residual = ResidualModel.create design.Residual
            Patterns = [||]
            Grid = None
            FixedCount = standard.Fixed.Length
            Rows = standard.Rows
        }

    /// The model of a design on the inner scale.
    let create (design: Design) (standard: Standardised) (layout: ThetaLayout) : MarginalModel = {
        parameters design standard layout with
            Patterns = MarginalBlocks.patterns standard design.Residual
            Grid = PositionGrid.ofDesign design standard
    }

    /// The same model for another response: rows, terms and patterns stay, the data of each pattern are made again.
    let withResponse (standard: Standardised) (model: MarginalModel) : MarginalModel =
        let columns = [| yield! standard.Fixed; standard.Response |]

        {
            model with
                Standard = standard
                Patterns =
                    MarginalPattern.create
                        (model.Patterns |> Array.map (fun pattern -> pattern.Rows, pattern.Terms))
                        columns
                        (model.Patterns |> Array.map _.Members)
        }

    /// Operations of one evaluation, roughly.
    let work (model: MarginalModel) =
        MarginalSweep.work model.FixedCount model.Patterns

    /// Memory of an evaluation with derivatives, roughly.
    let bytes (model: MarginalModel) =
        model.Patterns
        |> Array.sumBy (fun pattern ->
            let m = float pattern.Size
            8.0 * (m * m * float (model.Parameters + 5) + 3.0 * float pattern.Data.Length))

    /// The parameters of the residuals.
    let residualParameters (model: MarginalModel) (theta: ImmutableArray<float>) =
        theta.AsSpan().Slice(model.Layout.Parameters).ToArray()

    /// V += Z A Zᵀ for a symmetric A (S×S), rows of different levels left out.
    let private addCongruence (size: int) (term: PatternTerm) (a: float[]) (v: float[]) =
        let s = term.Columns.Length
        // Z A.
        let product: float[] = Array.zeroCreate (size * s)

        for c in 0 .. s - 1 do
            for k in 0 .. s - 1 do
                let weight = a[k + c * s]

                if weight <> 0.0 then
                    let column = term.Columns[k]

                    for i in 0 .. size - 1 do
                        product[i + c * size] <- product[i + c * size] + weight * column[i]

        for j in 0 .. size - 1 do
            let level = term.Codes[j]

            for c in 0 .. s - 1 do
                let z = term.Columns[c][j]

                if z <> 0.0 then
                    for i in 0 .. size - 1 do
                        if term.Codes[i] = level then
                            v[i + j * size] <- v[i + j * size] + product[i + c * size] * z

    /// Σ over levels of Z_lᵀ W Z_l for a symmetric W (m×m): S×S.
    let private project (size: int) (term: PatternTerm) (w: float[]) : float[] =
        let s = term.Columns.Length
        let result: float[] = Array.zeroCreate (s * s)

        for j in 0 .. size - 1 do
            for i in 0 .. size - 1 do
                if term.Codes[i] = term.Codes[j] then
                    let weight = w[i + j * size]

                    for d in 0 .. s - 1 do
                        let z = weight * term.Columns[d][j]

                        for c in 0 .. s - 1 do
                            result[c + d * s] <- result[c + d * s] + term.Columns[c][i] * z

        result

    /// The elements of every level of a grid, M×M by columns, at a τ whose parameters are jets.
    let gridElements (model: MarginalModel) (grid: PositionGrid) (tau: Jet[]) : Jet[][] =
        let element = model.Residual.Element tau

        Array.init grid.Levels (fun level ->
            ResidualModel.matrix element {
                Subjects = Array.zeroCreate grid.Positions
                Levels = Array.create grid.Positions level
                Positions = Array.init grid.Positions id
                Covariates = [||]
                RootVariances = Array.create grid.Positions 1.0
            })

    /// The elements of the residual covariance of every pattern, m×m by columns: taken from the grid where there is one.
    let private residualElements (model: MarginalModel) (tau: Jet[]) : int -> Jet[] =
        match model.Grid with
        | None ->
            let element = model.Residual.Element tau
            fun index -> ResidualModel.matrix element model.Patterns[index].Rows
        | Some grid ->
            let all = gridElements model grid tau

            fun index ->
                let rows = model.Patterns[index].Rows
                let m = rows.Positions.Length
                let own = all[rows.Levels[0]]
                let elements: Jet[] = Array.create (m * m) Jet.zero

                for j in 0 .. m - 1 do
                    let column = rows.Positions[j] * grid.Positions

                    for i in 0 .. m - 1 do
                        elements[i + j * m] <- own[rows.Positions[i] + column]

                elements

    /// What belongs to each term at a θ: from its form and its own parameters.
    let private ofTerms (model: MarginalModel) theta (map: EffectsForm -> float[] -> 'result) : 'result[] =
        model.Forms
        |> Array.mapi (fun t form -> map form (ThetaLayout.parametersOf model.Layout theta t))

    /// V of every pattern at a θ, without derivatives.
    let matrix (model: MarginalModel) (theta: ImmutableArray<float>) : int -> float[] =
        let covariances =
            ofTerms model theta (fun form own -> Semidefinite.square form.Order (form.Factor own))

        let elements =
            residualElements model (Jet.constants (residualParameters model theta))

        fun index ->
            let pattern = model.Patterns[index]
            let v = elements index |> Array.map _.Value
            Array.iter2 (fun term g -> addCongruence pattern.Size term g v) pattern.Terms covariances
            v

    /// V of every pattern with its derivatives at a θ.
    let covariance (model: MarginalModel) (theta: ImmutableArray<float>) : MarginalCovariance =
        let covariances =
            ofTerms model theta (fun form own -> form.Covariance(Jet.variables own))

        let elements =
            residualElements model (Jet.variables (residualParameters model theta))

        let own = model.Residual.Parameters.Names.Length
        let effectDerivatives = Array.map2 EffectsForm.derivatives model.Forms covariances

        let residuals = model.Patterns |> Array.mapi (fun index _ -> lazy (elements index))

        let first index =
            let pattern = model.Patterns[index]
            let m = pattern.Size
            let elements = residuals[index].Value
            let derivatives: float[][] = Array.create model.Parameters [||]

            for t in 0 .. model.Forms.Length - 1 do
                for k in 0 .. model.Forms[t].Names.Length - 1 do
                    let v: float[] = Array.zeroCreate (m * m)
                    addCongruence m pattern.Terms[t] effectDerivatives[t].[k] v
                    derivatives[model.Layout.ParameterStarts[t] + k] <- v

            for at in 0 .. elements.Length - 1 do
                let jet = elements[at]

                for place in 0 .. jet.Support.Length - 1 do
                    let k = model.Layout.Parameters + jet.Support[place]

                    if derivatives[k].Length = 0 then
                        derivatives[k] <- Array.zeroCreate (m * m)

                    derivatives[k].[at] <- jet.First[place]

            derivatives

        let addSecond index (weights: float[]) (result: SquareBlock) =
            let pattern = model.Patterns[index]

            for t in 0 .. model.Forms.Length - 1 do
                let form = model.Forms[t]
                let start = model.Layout.ParameterStarts[t]
                let count = form.Names.Length

                let curvature =
                    EffectsForm.curvature form covariances[t] (project pattern.Size pattern.Terms[t] weights)

                for l in 0 .. count - 1 do
                    for k in 0 .. count - 1 do
                        result[start + k, start + l] <- result[start + k, start + l] + curvature[k + l * count]

            let sum: float[] = Array.zeroCreate (own * own)
            let elements = residuals[index].Value

            for at in 0 .. elements.Length - 1 do
                Jet.addSecond weights[at] own sum elements[at]

            let start = model.Layout.Parameters

            for l in 0 .. own - 1 do
                for k in 0 .. own - 1 do
                    result[start + k, start + l] <- result[start + k, start + l] + sum[k + l * own]

        {
            Parameters = model.Parameters
            Matrix = matrix model theta
            First = first
            AddSecond = addSecond
        }

    /// Σ over patterns and levels of Z_lᵀ W Z_l for every term, W one matrix for each pattern.
    let projections (model: MarginalModel) (weights: int -> float[]) : float[][] =
        model.Forms
        |> Array.mapi (fun t form ->
            MarginalSweep.sum 0.0 model.Patterns (form.Order * form.Order) (fun index total ->
                let pattern = model.Patterns[index]
                let own = project pattern.Size pattern.Terms[t] (weights index)

                for k in 0 .. own.Length - 1 do
                    total[k] <- total[k] + own[k]))
