"""The first tables of the ledger."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Bring the tables forward."""
    op.create_table('campaigns',
    sa.Column('name', sa.String(length=64), nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_campaigns'))
    )
    op.create_table('candidates',
    sa.Column('id', sa.String(length=20), nullable=False),
    sa.Column('content', sa.JSON(), nullable=False),
    sa.Column('formula', sa.String(length=200), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_candidates'))
    )
    op.create_table('locks',
    sa.Column('campaign', sa.String(length=64), nullable=False),
    sa.Column('holder', sa.String(length=64), nullable=False),
    sa.Column('host', sa.String(length=200), nullable=False),
    sa.Column('pid', sa.Integer(), nullable=False),
    sa.Column('process_started', sa.Float(), nullable=False),
    sa.Column('acquired_at', sa.DateTime(), nullable=False),
    sa.Column('renewed_at', sa.DateTime(), nullable=False),
    sa.PrimaryKeyConstraint('campaign', name=op.f('pk_locks'))
    )
    op.create_table('specs',
    sa.Column('campaign', sa.String(length=64), nullable=False),
    sa.Column('revision', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('content', sa.JSON(), nullable=False),
    sa.Column('recorded_at', sa.DateTime(), nullable=False),
    sa.Column('recorded_by', sa.String(length=200), nullable=False),
    sa.ForeignKeyConstraint(['campaign'], ['campaigns.name'], name=op.f('fk_specs_campaign')),
    sa.PrimaryKeyConstraint('campaign', 'revision', name=op.f('pk_specs'))
    )
    op.create_table('turns',
    sa.Column('campaign', sa.String(length=64), nullable=False),
    sa.Column('number', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('started_at', sa.DateTime(), nullable=False),
    sa.Column('finished_at', sa.DateTime(), nullable=True),
    sa.ForeignKeyConstraint(['campaign', 'revision'], ['specs.campaign', 'specs.revision'], name=op.f('fk_turns_campaign_revision')),
    sa.ForeignKeyConstraint(['campaign'], ['campaigns.name'], name=op.f('fk_turns_campaign')),
    sa.PrimaryKeyConstraint('campaign', 'number', name=op.f('pk_turns'))
    )
    op.create_table('proposals',
    sa.Column('campaign', sa.String(length=64), nullable=False),
    sa.Column('turn', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('rank', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('candidate', sa.String(length=20), nullable=False),
    sa.Column('proposer', sa.String(length=100), nullable=False),
    sa.Column('acquisition', sa.Float(), nullable=True),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('predictions', sa.JSON(), nullable=False),
    sa.Column('proposed_at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['campaign', 'turn'], ['turns.campaign', 'turns.number'], name=op.f('fk_proposals_campaign_turn')),
    sa.ForeignKeyConstraint(['candidate'], ['candidates.id'], name=op.f('fk_proposals_candidate')),
    sa.PrimaryKeyConstraint('campaign', 'turn', 'rank', name=op.f('pk_proposals'))
    )
    op.create_index(op.f('ix_proposals_campaign_candidate'), 'proposals', ['campaign', 'candidate'], unique=False)
    op.create_table('skills',
    sa.Column('campaign', sa.String(length=64), nullable=False),
    sa.Column('turn', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('property', sa.String(length=64), nullable=False),
    sa.Column('surrogate', sa.String(length=100), nullable=False),
    sa.Column('champion', sa.Boolean(), nullable=False),
    sa.Column('metrics', sa.JSON(), nullable=False),
    sa.Column('held_out', sa.JSON(), nullable=True),
    sa.Column('error', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['campaign', 'turn'], ['turns.campaign', 'turns.number'], name=op.f('fk_skills_campaign_turn')),
    sa.PrimaryKeyConstraint('campaign', 'turn', 'property', 'surrogate', name=op.f('pk_skills'))
    )
    op.create_table('steps',
    sa.Column('campaign', sa.String(length=64), nullable=False),
    sa.Column('turn', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('step', sa.String(length=20), nullable=False),
    sa.Column('finished_at', sa.DateTime(), nullable=False),
    sa.Column('seconds', sa.Float(), nullable=False),
    sa.Column('result', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['campaign', 'turn'], ['turns.campaign', 'turns.number'], name=op.f('fk_steps_campaign_turn')),
    sa.PrimaryKeyConstraint('campaign', 'turn', 'step', name=op.f('pk_steps'))
    )
    op.create_table('measurements',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('campaign', sa.String(length=64), nullable=False),
    sa.Column('candidate', sa.String(length=20), nullable=False),
    sa.Column('property', sa.String(length=64), nullable=False),
    sa.Column('unit', sa.String(length=32), nullable=False),
    sa.Column('value', sa.Float(), nullable=True),
    sa.Column('sigma', sa.Float(), nullable=True),
    sa.Column('status', sa.String(length=10), nullable=False),
    sa.Column('bound', sa.String(length=1), nullable=True),
    sa.Column('cause', sa.String(length=64), nullable=True),
    sa.Column('detail', sa.Text(), nullable=True),
    sa.Column('source', sa.String(length=200), nullable=False),
    sa.Column('fidelity', sa.String(length=64), nullable=False),
    sa.Column('conditions', sa.JSON(), nullable=False),
    sa.Column('recorded_by', sa.String(length=200), nullable=False),
    sa.Column('recorded_at', sa.DateTime(), nullable=False),
    sa.Column('submission', sa.String(length=200), nullable=False),
    sa.Column('turn', sa.Integer(), nullable=True),
    sa.Column('rank', sa.Integer(), nullable=True),
    sa.Column('supersedes', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['campaign', 'turn', 'rank'], ['proposals.campaign', 'proposals.turn', 'proposals.rank'], name=op.f('fk_measurements_campaign_turn_rank')),
    sa.ForeignKeyConstraint(['campaign'], ['campaigns.name'], name=op.f('fk_measurements_campaign')),
    sa.ForeignKeyConstraint(['candidate'], ['candidates.id'], name=op.f('fk_measurements_candidate')),
    sa.ForeignKeyConstraint(['supersedes'], ['measurements.id'], name=op.f('fk_measurements_supersedes')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_measurements')),
    sa.UniqueConstraint('submission', name=op.f('uq_measurements_submission')),
    sa.UniqueConstraint('supersedes', name=op.f('uq_measurements_supersedes'))
    )
    op.create_index(op.f('ix_measurements_campaign_property_candidate'), 'measurements', ['campaign', 'property', 'candidate'], unique=False)
    op.create_index(op.f('ix_measurements_campaign_turn_rank'), 'measurements', ['campaign', 'turn', 'rank'], unique=False)
