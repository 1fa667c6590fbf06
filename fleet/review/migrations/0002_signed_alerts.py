from django.db import migrations, models
import django.db.models.deletion


class Migration(migrations.Migration):

    dependencies = [
        ('alerts', '0002_ended_sooner'),
        ('review', '0001_signing'),
    ]

    operations = [
        migrations.CreateModel(
            name='SignedAlert',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(help_text='As it was then.', max_length=40)),
                ('is_taken', models.BooleanField(help_text='Whether somebody had taken it.')),
                ('alert', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='alerts.alert')),
                ('sign_off', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='alerts', to='review.signoff')),
            ],
            options={
                'ordering': ('pk',),
            },
        ),
    ]
