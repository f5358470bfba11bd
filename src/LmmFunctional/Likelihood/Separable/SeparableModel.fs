namespace LmmFunctional.Estimation

open LmmFunctional.Numerics
open LmmFunctional.Model

/// <summary>A model whose residuals are an autoregressive process on fields of cells, with or without independent noise.
/// </summary>
/// <remarks>V = ZGZ' + (1 − c) S(C₁ ⊗ C₂)S' + cI relative to σ², where S picks the cells with a plot. With noise the process
/// is an effect of every cell with a sparse precision, which makes a sparse system of effects and cells. Without noise and
/// with a plot in every cell the precision of the cells is that of the rows. Rows are scaled by the square roots of their
/// weights.</remarks>
[<NoComparison; ReferenceEquality>]
type internal SeparableModel = {
    /// Parameters and forms, without blocks of rows.
    Marginal: MarginalModel
    Grid: FieldGrid
    HasNugget: bool
    /// The precision of rows given the effects of the system: of each by itself with a nugget, else that of their cells.
    Links: GridElement[]
    Terms: StandardisedTerm[]
    /// Where each term starts among a row's loadings; with a nugget the last one is the cell's.
    Offsets: int[]
    /// Z row by row, with a nugget with one more column of ones for the cell.
    Loadings: float[]
    /// [X y], n×P by columns.
    Data: float[]
    /// Σ log w.
    SumOfLogWeights: float
    Analysis: SparseAnalysis
    Places: System.Lazy<SeparablePlaces>
    /// The model of a nugget of zero, where every cell has a plot: with the process as effects of the cells it would lose
    /// its digits. None where there is no nugget, or a cell without a plot.
    WithoutNugget: System.Lazy<SeparableModel option>
} with

    /// n.
    member model.Rows = model.Grid.CellOfRow.Length

    /// Loadings of a row: effects of all terms, and its cell with a nugget.
    member model.Width = Array.last model.Offsets + (if model.HasNugget then 1 else 0)

    /// P = p + 1.
    member model.DataColumns = model.Marginal.FixedCount + 1

    /// Memory of one evaluation, roughly.
    member model.Bytes =
        8.0 * 3.0 * float model.Analysis.PanelLength
        + 4.0 * float model.Links.Length * float (model.Width * model.Width)

    /// Operations of one evaluation with derivatives, roughly.
    member model.Work = 3.0 * model.Analysis.Work

[<RequireQualifiedAccess>]
module internal SeparableModel =

    // Beyond so many cells without a plot the gaps would cost more than they save.
    let private mostCells rows = max 10_000.0 (20.0 * float rows)

    /// Whether residuals have the form: one or two autoregressive correlations, with a nugget or in complete fields.
    let isPossible (design: ResidualDesign) =
        let axes = design.Factors

        design.Levels.IsNone
        && design.Variances.IsEmpty
        && (axes.Length = 1 || axes.Length = 2)
        && axes |> List.forall (fun axis -> axis.Structure = Structure.Autoregressive)
        && FieldGrid.cellCount design <= mostCells axes.Head.Position.Length
        && (design.Term.HasNugget || FieldGrid.isComplete (FieldGrid.create design))

    // Below so many operations another order of elimination is not worth trying.
    let private cheap = 1e8

    /// <summary>Orders and analyses a model; no number is computed.</summary>
    /// <param name="standard">The design on the inner scale.</param>
    /// <param name="residual">Its residuals, which are of the form.</param>
    /// <param name="marginal">Parameters and forms of the same design.</param>
    let create (standard: Standardised) (residual: ResidualDesign) (marginal: MarginalModel) : SeparableModel =
        let terms = Array.ofList standard.Terms
        let grid = FieldGrid.create residual
        let hasNugget = residual.Term.HasNugget
        let nodes = SeparablePlaces.nodesOfRows grid hasNugget terms
        let links = SeparablePlaces.linksOf grid hasNugget
        let pattern = SeparablePlaces.pattern grid hasNugget terms nodes links

        let byDissection () =
            FieldOrder.create grid (Array.last (SeparablePlaces.firstNodes terms)) nodes
            |> SparseAnalysis.ofOrder pattern

        let analysis =
            if not hasNugget then
                SparseAnalysis.create pattern
            else
                let dissected = byDissection ()

                // Levels of terms that follow no field may leave less to dissect.
                if dissected.Work < cheap then
                    dissected
                else
                    [ dissected; SparseAnalysis.create pattern ] |> List.minBy _.Work

        let offsets = terms |> Array.scan (fun at term -> at + term.Columns.Length) 0

        let root row =
            match standard.RootWeights with
            | Some roots -> roots[row]
            | None -> 1.0

        {
            Marginal = marginal
            Grid = grid
            HasNugget = hasNugget
            Links = links
            Terms = terms
            Offsets = offsets
            Loadings =
                Array.init standard.Rows (fun row ->
                    Array.append
                        (terms
                         |> Array.collect (fun term ->
                             term.Columns |> Array.map (fun column -> root row * column[row])))
                        (if hasNugget then [| 1.0 |] else [||]))
                |> Array.concat
            Data =
                Array.append standard.Fixed [| standard.Response |]
                |> Array.collect (Array.mapi (fun row value -> root row * value))
            SumOfLogWeights =
                match standard.RootWeights with
                | Some roots -> roots |> Array.sumBy (fun root -> 2.0 * log root)
                | None -> 0.0
            Analysis = analysis
            Places = lazy SeparablePlaces.places grid hasNugget terms nodes links analysis
            WithoutNugget = lazy None
        }

    // Below so many operations dense blocks take no time worth saving.
    let private noticeable = 1e7

    /// <summary>The model of a design, where its residuals are of the form and that costs less than dense blocks.</summary>
    let tryCreate (design: Design) (standard: Standardised) (marginal: MarginalModel) : SeparableModel option =
        match design.Residual with
        | Some residual when
            MarginalModel.work marginal > noticeable
            && isPossible residual
            && not (ResidualDesign.hasReplicates residual)
            ->
            let own = create standard residual { marginal with Patterns = [||] }

            let withoutNugget () =
                if own.HasNugget && FieldGrid.isComplete own.Grid then
                    let bare = { residual with Term.HasNugget = false }

                    let design = { design with Residual = Some bare }

                    MarginalModel.parameters design standard marginal.Layout
                    |> create standard bare
                    |> Some
                else
                    None

            let model = {
                own with
                    WithoutNugget = lazy withoutNugget ()
            }

            if
                model.Work < MarginalModel.work marginal
                && model.Analysis.PanelLength < int64 System.Array.MaxLength / 2L
            then
                Some model
            else
                None
        | _ -> None
